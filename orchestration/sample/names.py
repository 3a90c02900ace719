"""Words that the sample company's people, companies and addresses are made of. Only word lists."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN_NAMES: dict[str, tuple[str, ...]] = {
    "es": _words(
        "María José Carmen Antonio Ana Manuel Isabel Francisco Laura Javier Lucía Miguel "
        "Sofía Carlos Elena Jesús Paula Alejandro Marta Daniel Raquel Rafael Andrea Pedro "
        "Rocío Ángel Beatriz Fernando Verónica Luis Silvia Sergio Natalia Jorge Inés Alberto "
        "Ximena Álvaro Guadalupe Diego Lorena Adrián Patricia Raúl Mónica Iván Valentina "
        "Óscar Camila Rubén Daniela Andrés Mariana Héctor Gabriela Ramón Juliana Julián "
        "Catalina Nicolás"
    ),
    "en": _words(
        "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William "
        "Barbara Richard Susan Joseph Jessica Thomas Sarah Christopher Karen Charles Lisa "
        "Daniel Nancy Matthew Sandra Anthony Ashley Mark Emily Steven Kimberly Andrew "
        "Margaret Paul Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George "
        "Deborah Timothy Stephanie Ronald Rebecca Edward Laura Jason Helen Jeffrey Sharon "
        "Ryan Cynthia Jacob Kathleen"
    ),
}

NICKNAMES: dict[str, str] = dict(
    pair.split("=")
    for pair in _words(
        "José=Pepe Francisco=Paco Carmen=Carmela Manuel=Manolo Isabel=Isa Javier=Javi "
        "Miguel=Migue Alejandro=Álex Daniel=Dani Rafael=Rafa Beatriz=Bea Fernando=Fer "
        "Verónica=Vero Sergio=Checo Natalia=Nati Alberto=Beto Guadalupe=Lupe Lorena=Lore "
        "Patricia=Patri Gabriela=Gaby Andrés=Andy Catalina=Cata Nicolás=Nico Antonio=Toño "
        "Jesús=Chuy Mariana=Mari Daniela=Dany Raquel=Quela Ramón=Moncho Héctor=Tito James=Jim "
        "Robert=Bob Jennifer=Jenny Michael=Mike David=Dave Elizabeth=Liz William=Bill "
        "Barbara=Barb Richard=Dick Susan=Sue Joseph=Joe Jessica=Jess Thomas=Tom "
        "Christopher=Chris Charles=Charlie Matthew=Matt Anthony=Tony Steven=Steve "
        "Kimberly=Kim Andrew=Drew Margaret=Peggy Joshua=Josh Michelle=Shelly Kenneth=Ken "
        "Timothy=Tim Stephanie=Steph Ronald=Ron Rebecca=Becky Edward=Ted Jeffrey=Jeff "
        "Deborah=Debbie Jacob=Jake "
    )
)

FAMILY_NAMES: dict[str, tuple[str, ...]] = {
    "es": _words(
        "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín "
        "Jiménez Ruiz Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro "
        "Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Blanco Molina Morales Suárez "
        "Ortega Delgado Castro Ortiz Rubio Marín Sanz Núñez Iglesias Medina Garrido Cortés "
        "Castillo Santos Lozano Guerrero Cano Prieto Méndez Cruz Calvo Gallego Herrera "
        "Márquez León Vidal Peña Flores Cabrera Campos Vega Fuentes Carrasco Reyes Caballero "
        "Nieto Aguilar Pascual Santana Herrero"
    ),
    "en": _words(
        "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Jackson "
        "White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green "
        "Adams Baker Nelson Carter Mitchell Roberts Turner Phillips Campbell Parker Evans "
        "Edwards Collins Stewart Morris Rogers Reed Cook Morgan Bell Murphy Bailey Cooper "
        "Richardson Cox Howard Ward Peterson Gray James Watson Brooks Kelly Sanders Price "
        "Bennett Wood Barnes Ross Henderson Coleman Jenkins Perry Powell Long Patterson "
        "Hughes Flores O'Brien McCarthy"
    ),
}

CITIES: dict[str, tuple[tuple[str, str, str], ...]] = {
    # market: (city, region, first digits of its postal codes)
    "ES": (
        ("Madrid", "Madrid", "280"),
        ("Barcelona", "Cataluña", "080"),
        ("Valencia", "Valencia", "460"),
        ("Sevilla", "Andalucía", "410"),
        ("Málaga", "Andalucía", "290"),
        ("Bilbao", "País Vasco", "480"),
    ),
    "MX": (
        ("Ciudad de México", "CDMX", "030"),
        ("Guadalajara", "Jalisco", "441"),
        ("Monterrey", "Nuevo León", "640"),
        ("Puebla", "Puebla", "720"),
        ("Mérida", "Yucatán", "970"),
        ("León", "Guanajuato", "370"),
    ),
    "CO": (
        ("Bogotá", "Bogotá D.C.", "1101"),
        ("Medellín", "Antioquia", "0500"),
        ("Cali", "Valle del Cauca", "7600"),
        ("Barranquilla", "Atlántico", "0800"),
        ("Bucaramanga", "Santander", "6800"),
    ),
    "US": (
        ("New York", "NY", "100"),
        ("Miami", "FL", "331"),
        ("Boston", "MA", "021"),
        ("Atlanta", "GA", "303"),
        ("Philadelphia", "PA", "191"),
        ("Charlotte", "NC", "282"),
    ),
    "GB": (
        ("London", "England", "SE1"),
        ("Manchester", "England", "M1"),
        ("Birmingham", "England", "B1"),
        ("Leeds", "England", "LS1"),
        ("Glasgow", "Scotland", "G1"),
    ),
}

STREETS: dict[str, tuple[str, ...]] = {
    "es": (
        "Calle Mayor",
        "Calle del Sol",
        "Avenida de la Constitución",
        "Calle Nueva",
        "Paseo del Río",
        "Calle Olmo",
    ),
    "en": (
        "High Street",
        "Maple Avenue",
        "Station Road",
        "Church Lane",
        "Park Avenue",
        "Mill Road",
    ),
}

FREE_MAIL_DOMAINS: dict[str, tuple[str, ...]] = {
    "ES": ("gmail.com", "hotmail.com", "outlook.es", "yahoo.es", "icloud.com"),
    "MX": ("gmail.com", "hotmail.com", "outlook.com", "yahoo.com.mx", "icloud.com"),
    "CO": ("gmail.com", "hotmail.com", "outlook.com", "yahoo.es", "icloud.com"),
    "US": ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "aol.com"),
    "GB": ("gmail.com", "outlook.com", "yahoo.co.uk", "icloud.com", "hotmail.co.uk"),
}

BUSINESS_KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    # language: (word in the company's name, industry)
    "es": (
        ("Hotel", "Hospitality"),
        ("Tienda", "Retail"),
        ("Cafetería", "Hospitality"),
        ("Oficinas", "Services"),
        ("Supermercado", "Retail"),
        ("Restaurante", "Hospitality"),
    ),
    "en": (
        ("Hotel", "Hospitality"),
        ("Store", "Retail"),
        ("Coffee House", "Hospitality"),
        ("Offices", "Services"),
        ("Market", "Retail"),
        ("Restaurant", "Hospitality"),
    ),
}

LEGAL_FORMS: dict[str, tuple[str, ...]] = {
    "ES": ("S.L.", "S.A.", "S.L.U."),
    "MX": ("S.A. de C.V.", "S. de R.L. de C.V."),
    "CO": ("S.A.S.", "Ltda."),
    "US": ("LLC", "Inc."),
    "GB": ("Ltd", "Limited"),
}

BUSINESS_WORDS = _words(
    "Alba Mirador Central Plaza Norte Jardín Luna Estrella Puerto Roble Delta Colina Real "
    "Horizonte Faro Monte Laguna Prado Cedro Palma Riviera Oasis Brisa Costa Cumbre Valle "
    "Aurora Coral Bahía Sierra"
)
