"""Names of made-up people and places for the benchmark of identity: some common, many rare.

Belongs here: word lists per culture, written out where a name is common and put together from
syllables where it is rare, because real populations have both.
Doesn't belong here: who bears which (see `identity_people`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import gcd

CULTURES = ("spanish", "english", "german")

FEMALE = {
    "spanish": "María Carmen Ana Laura Isabel Cristina Marta Lucía Paula Elena Sara Rosa Pilar "
    "Teresa Raquel Silvia Patricia Beatriz Andrea Rocío Mónica Irene Sofía Alba Julia Nuria "
    "Dolores Mercedes Montserrat Francisca Antonia Josefa Consuelo Guadalupe Verónica Claudia "
    "Natalia Valentina Camila Daniela Gabriela Alejandra Mariana Fernanda Ximena Inés Begoña "
    "Esther Concepción Encarnación Rosario Yolanda Eva Gloria Adriana Juana Luisa Estefanía",
    "english": "Mary Jennifer Elizabeth Susan Jessica Sarah Karen Margaret Patricia Linda "
    "Barbara Nancy Emily Ashley Kimberly Michelle Amanda Melissa Deborah Stephanie Rebecca "
    "Laura Helen Katherine Christine Samantha Victoria Abigail Amy Anna Catherine Charlotte "
    "Chloe Diana Dorothy Ellen Frances Grace Hannah Heather Jacqueline Janet Joan Judith Julie "
    "Kathleen Lauren Megan Natalie Nicole Olivia Pamela Rachel Ruth Sandra Sharon Sophie Theresa",
    "german": "Anna Ursula Monika Petra Sabine Renate Helga Karin Brigitte Ingrid Erika Andrea "
    "Gisela Claudia Susanne Gabriele Christa Christine Hildegard Anja Stefanie Katharina Julia "
    "Lena Leonie Käthe Hannah Sophie Marlene Elisabeth Margarete Angelika Heike Birgit",
}
MALE = {
    "spanish": "José Antonio Juan Manuel Francisco Luis Javier Miguel Carlos Jesús Ángel Pedro "
    "Alejandro Fernando Rafael Pablo Sergio Daniel Alberto Jorge David Álvaro Diego Adrián "
    "Raúl Enrique Ramón Vicente Ignacio Óscar Rubén Andrés Joaquín Santiago Eduardo Roberto "
    "Ricardo Mario Iván Víctor Guillermo Gabriel Felipe Rodrigo Emilio Julio Arturo Gustavo "
    "Hugo Martín Nicolás Sebastián Mateo Tomás Salvador Agustín Gonzalo Ernesto Esteban Jaime",
    "english": "James Robert John Michael William David Richard Joseph Thomas Charles "
    "Christopher Daniel Matthew Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin "
    "Brian George Edward Ronald Timothy Jason Jeffrey Ryan Jacob Nicholas Gary Eric Jonathan "
    "Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Patrick Frank Raymond "
    "Jack Dennis Jerry Peter Henry Albert Arthur Walter Harold Lawrence Philip Simon Oliver",
    "german": "Hans Peter Wolfgang Klaus Jürgen Dieter Manfred Thomas Michael Andreas Günter "
    "Stefan Bernd Uwe Werner Horst Frank Helmut Heinz Martin Gerhard Rainer Markus Matthias "
    "Jörg Björn Sebastian Tobias Maximilian Lukas Felix Jonas Karl Friedrich Ulrich Götz",
}
FAMILY = {
    "spanish": "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín "
    "Jiménez Hernández Ruiz Díaz Moreno Muñoz Álvarez Romero Gutiérrez Alonso Navarro Torres "
    "Domínguez Ramos Vázquez Ramírez Gil Serrano Blanco Molina Morales Suárez Ortega Delgado "
    "Castro Ortiz Rubio Marín Sanz Núñez Iglesias Medina Garrido Cortés Castillo Santos Lozano "
    "Guerrero Cano Prieto Méndez Cruz Calvo Gallego Herrera Márquez León Vidal Peña Flores "
    "Cabrera Campos Vega Fuentes Carrasco Reyes Caballero Nieto Aguilar Pascual Santana Herrero",
    "english": "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Thomas "
    "Moore Jackson Martin Lee Thompson White Harris Clark Lewis Robinson Walker Young Allen "
    "King Wright Scott Hill Green Adams Baker Nelson Mitchell Campbell Roberts Carter Phillips "
    "Evans Turner Parker Collins Edwards Stewart Morris Murphy Cook Rogers Morgan Cooper Bailey "
    "Reed Kelly Howard Ward Cox Richardson Watson Brooks Wood Bennett Gray Hughes Price Myers "
    "McDonald O'Brien O'Connor McCarthy Macdonald Fitzgerald Shaw Simpson Grant Stone",
    "german": "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann "
    "Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger "
    "Hofmann Hartmann Lange Schmitt Werner Krause Meier Lehmann Schmid Schulze Maier Köhler "
    "Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß Jung Hahn",
}
SYLLABLES = {
    "spanish": (
        "Al Bar Be Ca Co Do Es Fer Gal Gor I Lar Ler Mal Mon Or Pal Que Ri Sal Te Ur Val Za",
        "ba ca do ga la lo ma mi na ra re ro sa se ta va",
        "ga ldo llo ña no nte rán rín rte s sco sta te ya",
    ),
    "english": (
        "Ash Bar Black Brad Bur Chat Clif Cold Crom Dar East Ed Farn Gar Had Hart Hol Kings Lang "
        "Lin Marsh Nor Old Pem Rad Red Shel Stan Thorn Wal Whit Win",
        " ar el en er in ing is les ow",
        "bury by combe cott dale don field ford ham ley man mere more shaw stead ton well wick "
        "wood worth",
    ),
    "german": (
        "Ahorn Alt Berg Birken Brand Buch Dorn Eich Feld Gold Grün Hagen Hirsch Kalk Kirch Kron "
        "Linden Moos Neu Ober Reb Rosen Sand Stein Unter Wald Wiesen",
        " en er in s",
        "bach bauer berger burg eder feld garten hauser heim hofer kamp mann meier rode stätter",
    ),
}
# Given names from syllables, for those that few others bear.
RARE_GIVEN = (
    "Ald Bri Cal Dar El Fen Gar Jan Ka Lor Mar Nel Or Ray Shan Ter Tal Ver Wen Zel",
    "a den ella ena ia iel ina ine ira ises on or ric us van",
)
COMPOUNDS = {"female": ("María", "Ana", "Rosa", "Luz"), "male": ("José", "Juan", "Luis", "Carlos")}

NICKNAMES = {
    "spanish": "Francisco:Paco José:Pepe Ignacio:Nacho Manuel:Manolo Antonio:Toni "
    "Dolores:Lola Concepción:Concha Francisca:Paqui Josefa:Pepa Guadalupe:Lupe Rosario:Charo "
    "Isabel:Isa Beatriz:Bea Patricia:Patri Cristina:Cris Alejandro:Álex Alejandra:Ale Jesús:Chus "
    "Rafael:Rafa Enrique:Quique Santiago:Santi Eduardo:Edu Roberto:Beto Guillermo:Memo "
    "Mercedes:Merche Montserrat:Montse Consuelo:Chelo Gabriela:Gabi Daniel:Dani Javier:Javi",
    "english": "Robert:Bob William:Bill Richard:Dick Margaret:Peggy Elizabeth:Liz James:Jim "
    "Michael:Mike Christopher:Chris Katherine:Kate Jennifer:Jen Susan:Sue Patricia:Pat "
    "Deborah:Debbie Edward:Ted Thomas:Tom Joseph:Joe Charles:Chuck Daniel:Dan Matthew:Matt "
    "Anthony:Tony Steven:Steve Andrew:Andy Joshua:Josh Kenneth:Ken Ronald:Ron Timothy:Tim "
    "Jeffrey:Jeff Nicholas:Nick Jonathan:Jon Benjamin:Ben Samuel:Sam Gregory:Greg Alexander:Alex "
    "Victoria:Vicky Rebecca:Becky Samantha:Sam Kimberly:Kim Abigail:Abby Theresa:Terry Henry:Harry "
    "Stephanie:Steph Lawrence:Larry Raymond:Ray Pamela:Pam Dorothy:Dot Kathleen:Kathy",
    "german": "Ursula:Uschi Katharina:Kathi Stefanie:Steffi Gabriele:Gabi Maximilian:Max "
    "Sebastian:Basti Friedrich:Fritz Michael:Micha Andreas:Andi Matthias:Matze Tobias:Tobi "
    "Susanne:Susi Margarete:Grete Elisabeth:Lisbeth Ulrich:Uli Wolfgang:Wolf Stefan:Steff",
}
CITIES = {
    "ES": "Madrid,Barcelona,Valencia,Sevilla,Zaragoza,Málaga,Murcia,Bilbao,Córdoba,A Coruña",
    "MX": "Ciudad de México,Guadalajara,Monterrey,Puebla,Tijuana,León,Mérida,Querétaro,Toluca",
    "CO": "Bogotá,Medellín,Cali,Barranquilla,Cartagena,Bucaramanga,Pereira,Manizales",
    "US": "New York,Los Angeles,Chicago,Houston,Phoenix,Philadelphia,San Antonio,Dallas,Austin",
    "GB": "London,Birmingham,Leeds,Glasgow,Sheffield,Manchester,Edinburgh,Liverpool,Bristol",
    "DE": "Berlin,Hamburg,München,Köln,Frankfurt am Main,Stuttgart,Düsseldorf,Leipzig,Bremen",
}


def given_names() -> Iterator[tuple[str, str, int, str]]:
    """Rows of culture, sex, rank from 1, name; commonest first."""
    rare = ["".join(parts) for parts in product(*(one.split() for one in RARE_GIVEN))]
    for sex, lists in (("female", FEMALE), ("male", MALE)):
        for culture in CULTURES:
            common = lists[culture].split()
            names = list(common)
            if culture == "spanish":
                firsts = COMPOUNDS[sex]
                names += [f"{a} {b}" for b in common for a in firsts if a != b]
            names += rare
            yield from ((culture, sex, rank, name) for rank, name in enumerate(names, 1))


def family_names() -> Iterator[tuple[str, int, str]]:
    """Rows of culture, rank from 1, name; commonest first."""
    for culture in CULTURES:
        first, middle, last = SYLLABLES[culture]
        middles = middle.split(" ") if culture != "spanish" else middle.split()
        rare = ["".join(parts) for parts in product(first.split(), middles, last.split())]
        names = dict.fromkeys([*FAMILY[culture].split(), *spread(rare)])
        yield from ((culture, rank, name) for rank, name in enumerate(names, 1))


def nicknames() -> Iterator[tuple[str, str, str]]:
    """Rows of culture, given name, its short form."""
    for culture in CULTURES:
        for pair in NICKNAMES[culture].split():
            name, short = pair.split(":")
            yield culture, name, short


def cities() -> Iterator[tuple[str, int, str]]:
    """Rows of country, rank from 1, city; largest first, 60 of each country."""
    tails = {"ES": "spanish", "MX": "spanish", "CO": "spanish", "DE": "german"}
    families: dict[str, list[str]] = {culture: [] for culture in CULTURES}
    for culture, _, name in family_names():
        families[culture].append(name)
    for number, (country, large) in enumerate(CITIES.items()):
        names = large.split(",")
        tail = families[tails.get(country, "english")][100 + 60 * number :]
        prefix = "San " if country in ("MX", "CO") else ""
        names += [f"{prefix}{name}" for name in tail[: 60 - len(names)]]
        yield from ((country, rank, name) for rank, name in enumerate(names, 1))


def spread(names: list[str]) -> list[str]:
    """The same names in an order in which neighbours don't begin alike."""
    step = 97
    while gcd(step, len(names)) > 1:
        step += 1
    return [names[number * step % len(names)] for number in range(len(names))]
