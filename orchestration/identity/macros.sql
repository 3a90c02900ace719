-- Spellings in which texts are compared, one macro each. `$s.` is the schema that they stand in.
-- A step that several others need is bound by list_transform([value], lambda ...)[1]; a text that
-- is already as it should be is let through first, as most are.

-- E-mail -----------------------------------------------------------------------------------------

-- One address, lower case and without blanks.
create or replace macro $s.email_text(x) as
    case
        when regexp_full_match(x, '[a-z0-9._%+-]+@[a-z0-9.-]+[.][a-z]+') then x
        else list_transform([lower(trim(translate(x, $wide, $narrow)))], lambda a:
            list_transform([
                case
                    when regexp_matches(a, '<[^<>]*@[^<>]*>')
                        then regexp_extract(a, '<([^<>]*@[^<>]*)>', 1)
                    when regexp_matches(a, '@.*@')
                        then regexp_extract(a, '[^\s<>,;|/()"]+@[^\s<>,;|/()"@]+')
                    else a
                end
            ], lambda b:
                regexp_replace(
                    regexp_replace(
                        regexp_replace(b, '^(?:mailto|e-?mail) *:|[<>\s"()\[\]\x{200B}]', '', 'g'),
                        '(@[a-z0-9-]+),(com|net|org|es|mx|co|uk)$', '\1.\2'
                    ),
                    '''|[.,;:]+$|[?].*$', '', 'g'
                )
            )[1]
        )[1]
    end;

-- The same with the mail service spelled right. Free mail only: elsewhere a slip is a guess.
create or replace macro $s.email_spelled(email) as
    case
        when regexp_matches(email, '@(?:gmail|hotmail|outlook|yahoo|icloud)[.](?:com|es)$') then email
        when regexp_matches(email, '@(?:googlemail[.]com|g(?:mail|mial|amil|mai|mal|mil|maill|nail|ami|mali|mqil|meil)[.](?:com|con|cm|om|comm|coom|cim|xom|vom|co))$')
            then regexp_replace(email, '@.*$', '@gmail.com')
        when regexp_matches(email, '@(?:hotmail|hotnail|hotmial|hotmal|hormail|hotmai|homail|hotmil|hotmaill|htmail|hotamil|hitmail|otmail)[.](?:com|con|cm|om|comm|coom|cim)$')
            then regexp_replace(email, '@.*$', '@hotmail.com')
        when regexp_matches(email, '@(?:outlook|outlok|outloook|oulook|outlool|outllok|otlook)[.](?:com|con|cm|om|comm|coom|cim)$')
            then regexp_replace(email, '@.*$', '@outlook.com')
        when regexp_matches(email, '@(?:yahoo|yahooo|yaho|yhoo|yahho|yhaoo|tahoo)[.](?:com|con|cm|om|comm|coom|cim)$')
            then regexp_replace(email, '@.*$', '@yahoo.com')
        when regexp_matches(email, '@(?:icloud|iclould|icoud|iclod|icluod)[.](?:com|con|cm|om|comm|coom|cim)$')
            then regexp_replace(email, '@.*$', '@icloud.com')
        else email
    end;

-- E-mail address as compared; null where there is none. The first of several, without display
-- name, brackets and the full stop behind it; slips in the names of mail services are mended, and
-- services that ignore dots or what follows a plus sign are reduced to the mailbox.
create or replace macro $s.email_key(x) as
    list_transform([$s.email_spelled($s.email_text(x))], lambda email:
        case
            when not regexp_full_match(
                    email, '[^@\s,;<>]+@[^@\s,;<>.]+(?:[.][^@\s,;<>.]+)*[.](?:[a-z]{2,}|xn--[a-z0-9-]+)'
                ) then null
            when email like '%@gmail.com'
                then replace(regexp_replace(email, '([+].*)?@.*$', ''), '.', '') || '@gmail.com'
            when contains(email, '+') and regexp_matches(
                    email,
                    '@(?:outlook|hotmail|live|msn|icloud|me|mac|fastmail|proton|protonmail|pm)[.]'
                ) then regexp_replace(email, '[+].*@', '@')
            else email
        end
    )[1];

-- Mailboxes of a function or a household, not of a person, and those that mean there is none.
create or replace macro $s.is_generic_mailbox(email) as
    regexp_matches(
        email,
        '^[^@]*(?:familia|family|familie|famille)[0-9]*@|^(?:familia|family|familie|famille|casa|hogar|home|info|informacion|information|hola|hello|hi|contact|contacto|kontakt|contato|sales|ventas|vendas|vente|verkauf|vertrieb|compras|achats|einkauf|pedidos|orders|order|bestellung|office|oficina|buero|admin|administracion|administration|amministrazione|reception|recepcion|billing|facturacion|rechnung|invoice|invoices|accounts|accounting|contabilidad|finance|support|soporte|help|helpdesk|ayuda|service|servicio|clientes|customerservice|atencion|atencionalcliente|atendimento|marketing|press|prensa|comercial|hr|rrhh|jobs|empleo|team|equipo|shop|tienda|store|web|webmaster|postmaster|hostmaster|mail|email|correo|no-?reply|donotreply|noemail|nomail|none|na|n[.]a|no|sincorreo|sinemail|notiene|notengo|test|prueba|purchasing|buyer|compra|gerencia|direccion|manager|secretaria|enquiries|enquiry|general|root|abuse)[._0-9-]*@'
    );

-- Names ------------------------------------------------------------------------------------------

-- Words of letters, lower case and without accents.
create or replace macro $s.name_words(x) as
    case
        when regexp_full_match(x, '[a-z]+') then x
        else trim(regexp_replace(
            regexp_replace(
                replace(replace(replace(
                    translate(strip_accents(lower(
                        regexp_replace(x, '\b[Mm][.]?[ªº]', 'maria')
                    )), 'øłđðı', 'oldii'),
                    'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
                '[''`´’‘ʼ]', '', 'g'
            ),
            '[^a-z\x{a1}-\x{10ffff}]+|[«»ªº·¿¡\x{2000}-\x{206f}]+', ' ', 'g'
        ))
    end;

create or replace macro $s.name_written_out(key) as
    regexp_replace($abbreviations, '\b(ma?c) ', '\1', 'g');

-- Name as compared: words of plain letters, lower case, without accents, titles and particles
-- (unless there is nothing else), common Spanish abbreviations written out.
create or replace macro $s.name_key(x) as
    list_transform([$s.name_words(x)], lambda words:
        list_transform([
            case
                when contains(words, ' ') then trim(regexp_replace(
                    regexp_replace(
                        ' ' || replace(words, ' ', '  ') || ' ',
                        ' (?:de|del|della|di|da|do|dos|das|du|des|la|las|los|lo|le|les|el|al|y|e|van|von|vom|der|den|ter|ten|zu|zur|zum|af|bin|ibn|mr|mrs|ms|miss|mx|dr|dra|sr|sra|srta|don|dona|dna|prof|ing|lic|arq|rev|sir|herr|frau|mme|mlle|jr|ii|iii|iv|phd|md|esq) ',
                        ' ', 'g'
                    ),
                    ' +', ' ', 'g'
                ))
                else words
            end
        ], lambda kept:
            case
                when kept = '' then nullif(words, '')
                when regexp_matches(kept, '\b(?:ma?c|[hfg]dez|gl?z?le?z|fe?rn?dz|r?guez|rd?gu?ez|rdz|mt[nz]e?z|mtz|lpz|gtez|gtz|dguez|sche?z|gmez|jmnez|vzqu?ez|vzqz|fco|fca|gpe)\b')
                    then $s.name_written_out(kept)
                else kept
            end
        )[1]
    )[1];

-- Given names as compared: as `name_key`, and Ma. before another name is Maria.
create or replace macro $s.given_name_key(x) as
    regexp_replace($s.name_key(x), '^(?:ma|mª) ', 'maria ');

create or replace macro $s.family_name_key(x) as $s.name_key(x);

create or replace macro $s.full_name_parts(x) as
    list_transform([trim(regexp_replace(x, '(?i),? *\b(jr|sr|ii|iii|iv|ph[.]?d|m[.]?d|esq)[.]?$', ''))],
        lambda name:
        case
            when contains(name, ',') then [
                $s.given_name_key(regexp_replace(name, '^[^,]*,', '')),
                $s.name_key(split_part(name, ',', 1))
            ]
            when regexp_full_match(name, '(?:\p{Lu}[\p{Lu}''-]+ )+(?:\p{Lu}\p{Ll}+ ?)+') then [
                $s.given_name_key(regexp_extract(name, '(?: \p{Lu}\p{Ll}+)+$')),
                $s.name_key(regexp_replace(name, '(?: \p{Lu}\p{Ll}+)+$', ''))
            ]
            else list_transform([string_split($s.given_name_key(name), ' ')], lambda words:
                list_transform([
                    case
                        when len(words) < 3 then 1
                        when len(words) = 3 and not regexp_full_match(words[2],
                            '(?:maria|jose|luis|carlos|antonio|manuel|miguel|angel|angeles|carmen|pilar|dolores|isabel|luisa|teresa|elena|jesus|javier|ignacio|alberto|andres|fernando|eduardo|enrique|ramon|pablo|felipe|alejandro|david|daniel|guadalupe|rosa|ana|belen|cristina|mercedes|rosario|concepcion|victoria|fernanda|alejandra|camila|ann|anne|marie|mary|lee|jo|lynn|jean|paul|john|james|michael|william|[a-z])'
                        ) then 1
                        else 2
                    end
                ], lambda given: [
                    nullif(array_to_string(words[1:given], ' '), ''),
                    nullif(array_to_string(words[given + 1:], ' '), '')
                ])[1]
            )[1]
        end
    )[1];

-- Given and family names of a full name, as compared. `Family, Given` and `FAMILY Given` are
-- told by the comma and the capitals. Else the family has two names where there are four and more,
-- and where there are three unless the second is a usual second given name (Ana Maria Gil).
create or replace macro $s.full_name_given(x) as $s.full_name_parts(x)[1];

create or replace macro $s.full_name_family(x) as $s.full_name_parts(x)[2];

-- Whether two words differ by a typing slip at most.
create or replace macro $s.is_alike(one, other) as damerau_levenshtein(one, other) <= 1;

-- Whether two names (words set apart by blanks) have a word in common.
create or replace macro $s.shares_word(one, other) as
    list_has_any(string_split(one, ' '), string_split(other, ' '));

-- Whether two given names (first words) may be one: the same but for a typing slip, or the
-- beginning of the other; familiar forms are looked up (see is_short_given_name). Names that
-- differ by gender (Mario, Maria; Luis, Luisa) are two.
create or replace macro $s.is_same_given_name(one, other) as (
    one <> '' and other <> ''
    and (
        one = other
        or (length(one) <> 2 and starts_with(other, one))
        or (length(other) <> 2 and starts_with(one, other))
        or (length(one) > 3 and length(other) > 3 and $s.is_alike(one, other))
    )
    and one <> other || 'a'
    and other <> one || 'a'
    and (
        one = other
        or length(one) <> length(other)
        or left(one, -1) <> left(other, -1)
        or right(one, 1) not in ('a', 'o', 'e')
        or right(other, 1) not in ('a', 'o', 'e')
    )
);

-- Whether one given name is a short form of the other (Pepe, Jose), or names fewer of the same
-- (Jose, Jose Raul). Two that each name another one are two: Jose Raul, Jose Miguel.
create or replace macro $s.is_short_given_name(one, one_forms, other, other_forms) as (
    list_has_all(string_split(one, ' '), string_split(other, ' '))
    or list_has_all(string_split(other, ' '), string_split(one, ' '))
    or (
        split_part(one, ' ', 1) <> split_part(other, ' ', 1)
        and (
            list_contains(one_forms, split_part(other, ' ', 1))
            or list_contains(other_forms, split_part(one, ' ', 1))
            -- Two short forms of one name, but not Juanjo and Juanma, who are both called Juan.
            or list_has_any(
                list_filter(one_forms, lambda form: not list_contains($heads, form)), other_forms
            )
        )
    )
);

-- Whether two family names may be one person's: the same but for slips, in another order, or one of
-- two names. Two people's are Ortiz Vega and Ortiz Lopez: each names another second one.
create or replace macro $s.is_same_family_name(one, other) as (
    case
        when one = other then true
        when contains(one, ' ') and contains(other, ' ') then
            damerau_levenshtein(one, other) <= 2
            or list_has_all(string_split(one, ' '), string_split(other, ' '))
            or list_has_all(string_split(other, ' '), string_split(one, ' '))
            or $s.is_alike(split_part(one, ' ', 1), split_part(other, ' ', 1))
                and $s.is_alike(split_part(one, ' ', 2), split_part(other, ' ', 2))
        else $s.shares_word(one, other)
            or $s.is_alike(split_part(one, ' ', 1), split_part(other, ' ', 1))
    end
);

-- Birth dates ------------------------------------------------------------------------------------

-- Birth date of a text or date; null where it is impossible or stands for none (systems put
-- 1900-01-01 or 1970-01-01). Day before month, unless the region or the numbers say otherwise.
create or replace macro $s.birth_date(x, region := null) as
    list_transform([
        case
            when regexp_matches(x::varchar, '^[0-9]{4}-[0-9]{2}-[0-9]{2}')
                then try_cast(left(x::varchar, 10) as date)
            else list_transform([trim(regexp_replace(lower(x::varchar), '[ t][0-9]{1,2}:.*$', ''))],
                lambda said:
                case
                    when regexp_full_match(said, '[0-9]{8}') then try_strptime(said, '%Y%m%d')
                    when regexp_full_match(said, '[0-9]{4}[./-].*')
                        then try_strptime(regexp_replace(said, '[./-]', '-', 'g'), '%Y-%m-%d')
                    when regexp_full_match(said, '[0-9]{1,2}[./ -][0-9]{1,2}[./ -][0-9]{4}')
                        then list_transform([regexp_replace(said, '[./ -]', '-', 'g')], lambda day:
                            case when upper(trim(region)) in ('US', 'PH')
                                then coalesce(
                                    try_strptime(day, '%m-%d-%Y'), try_strptime(day, '%d-%m-%Y')
                                )
                                else coalesce(
                                    try_strptime(day, '%d-%m-%Y'), try_strptime(day, '%m-%d-%Y')
                                )
                            end
                        )[1]
                    else try_strptime(
                        regexp_replace(said, '[, ./-]+', ' ', 'g'),
                        ['%d %b %Y', '%d %B %Y', '%b %d %Y', '%B %d %Y']
                    )
                end::date
            )[1]
        end
    ], lambda born:
        case
            when born > date '1900-01-01' and born <= current_date
                and born not in (date '1901-01-01', date '1970-01-01') then born
        end
    )[1];

-- Year, month and day as eight digits, of a day that doesn't exist too: 31 February is a slip. Of
-- long ago as well: not everybody who is resolved is a customer of today.
create or replace macro $s.birth_digits(x, region := null) as
    coalesce(
        strftime($s.birth_date(x, region := region), '%Y%m%d'),
        list_transform([
            case
                when regexp_full_match(x::varchar, '(?:1[0-9]|20)[0-9]{6}') then x::varchar
                when regexp_matches(x::varchar, '^(?:1[0-9]|20)[0-9]{2}-[0-9]{2}-[0-9]{2}')
                    then replace(left(x::varchar, 10), '-', '')
            end
        ], lambda digits:
            case when digits not in ('19000101', '19010101', '19700101') then digits end
        )[1]
    );

-- Whether two birth dates are of two people: more than a slip or a swap of day and month apart,
-- and neither is the first of January that stands for a year alone.
create or replace macro $s.births_conflict(one, other) as (
    one <> other
    and not (
        year(one) = year(other)
        and (strftime(one, '%m%d') = '0101' or strftime(other, '%m%d') = '0101')
    )
    and damerau_levenshtein(strftime(one, '%Y%m%d'), strftime(other, '%Y%m%d')) > 1
    and strftime(one, '%Y%m%d') <> strftime(other, '%Y%d%m')
);

-- Companies --------------------------------------------------------------------------------------

create or replace macro $s.company_text(x) as
    replace(replace(replace(strip_accents(lower(x)), '&', ' and '), '+', ' and '), 'ß', 'ss');

-- Company name as compared: plain words without legal form and without `and`.
create or replace macro $s.company_key(x) as
    list_transform([
        trim(regexp_replace(
            regexp_replace(replace($s.company_text(x), '.', ''), '[^a-z0-9\x{a1}-\x{10ffff}]+', ' ', 'g'),
            '^ *the | (?:and|y|e|und|et|en|och|i) ', ' ', 'g'
        ))
    ], lambda words:
        coalesce(
            nullif(trim(regexp_replace(
                words,
                '(?: (?:s l|s l u|s a|s a s|s a u|s r l|s c|s l l|s l p|sl|slu|sll|slp|slne|sa|sau|sal|sad|sas|sasu|sc|scp|scl|s coop|scoop|coop|cb|srl|sapi|spr|sab|s de rl|s de r l|de cv|de c v|de rl|de r l|ltda|limitada|cia|eu|esp|eirl|llc|l l c|llp|lp|pllc|inc|incorporated|corp|corporation|co|company|ltd|limited|plc|cic|gmbh|mbh|ag|kg|kgaa|ug|ohg|gbr|ev|se|bv|b v|nv|n v|vof|cv|bvba|sprl|sarl|s a r l|eurl|sci|snc|spa|s p a|sapa|lda|oy|oyj|ab|as|asa|aps|kft|zrt|nyrt|sp z o o|sp z oo|sro|s r o|doo|d o o|ood|eood|pty|pvt|pte|sociedad limitada|sociedad anonima|sociedade anonima))+$',
                ''
            )), ''),
            nullif(words, '')
        )
    )[1];

-- Addresses --------------------------------------------------------------------------------------

-- Postal code as compared: no blanks, no country's letter, no +4; null where it is none. Where
-- the region has five digits, the zero that a spreadsheet took is put back.
create or replace macro $s.postal_key(x, region := null) as
    list_transform([
        regexp_replace(
            regexp_replace(upper(trim(x)), '^(?:[A-Z]{1,2}-)([0-9]{4,5})$|^([0-9]{5})-[0-9]{4}$|[.]0$', '\1\2'),
            '[^0-9A-Z]', '', 'g'
        )
    ], lambda code:
        case
            when regexp_full_match(code, '|0+|9{5,}|X+|NA|NONE|NULL') then null
            when regexp_full_match(code, '[0-9]{4}')
                and upper(trim(region)) in ('ES', 'MX', 'US', 'DE', 'FR', 'IT') then '0' || code
            when regexp_full_match(code, '[0-9]{9}') and upper(trim(region)) = 'US' then left(code, 5)
            else code
        end
    )[1];

-- Lower case words; kinds of streets in one spelling, what follows the house number cut off.
create or replace macro $s.street_words(x) as
    trim(regexp_replace(
        regexp_replace($street_kinds, '(?: (?:de|del|la|las|los|el|y|d|di|du|des|the))+ ', ' ', 'g'),
        ' +', ' ', 'g'
    ));

create or replace macro $s.street_parts(x) as
    list_transform([$s.street_words(x)], lambda words:
        list_transform([
            case
                when regexp_matches(words, '^[0-9]+ ?[a-z]? (?:[a-z]|[0-9]+(?:st|nd|rd|th) )')
                    then regexp_extract(words, '^([0-9]+ ?[a-z]?) (?:[a-z]|[0-9]+(?:st|nd|rd|th) )', 1)
                when contains(words, ' # ')
                    then trim(regexp_extract(words, ' # ([0-9]+(?: ?[a-z]\b)?(?: [0-9]+)?)', 1))
                else regexp_extract(words, '[^0-9] ([0-9]+(?: ?[a-z]\b)?)', 1)
            end
        ], lambda number: {
            name: nullif(trim(regexp_replace(
                case
                    when regexp_matches(words, '^[0-9]+ ?[a-z]? (?:[a-z]|[0-9]+(?:st|nd|rd|th) )')
                        then substr(words, length(number) + 1)
                    when contains(words, ' # ') then split_part(words, ' # ', 1)
                    when number <> '' then split_part(words || ' ', ' ' || number || ' ', 1)
                    else words
                end,
                '^ *cl ([a-z\x{a1}-\x{10ffff}])', '\1'
            )), ''),
            number: nullif(
                replace(regexp_replace(number, '([0-9]) ([0-9])', '\1-\2'), ' ', ''), ''
            )
        })[1]
    )[1];

-- Street as compared, with its number, without floor and flat: `c/ Mayor, 5 2ºB` is `mayor 5`,
-- `5 Main Street` is `main st 5`.
create or replace macro $s.street_key(x) as
    list_transform([$s.street_parts(x)], lambda part:
        nullif(trim(coalesce(part.name, '') || ' ' || coalesce(part.number, '')), '')
    )[1];

create or replace macro $s.street_name_key(x) as $s.street_parts(x).name;

create or replace macro $s.street_number_key(x) as $s.street_parts(x).number;
