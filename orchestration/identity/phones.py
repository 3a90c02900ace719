"""Phone numbers as E.164, set-based: the numbering plans of the `phonenumbers` library as SQL.

Belongs here: how a phone that somebody typed becomes one number, for every region of the world.
Doesn't belong here: whether a shared phone means one person (see `rules`).

`phonenumbers.parse` takes 15 microseconds a number; the same steps as SQL take less than one.
A plan is the numbering plan of a calling code, or of one region where several share a code and
dial differently; plans are numbered, and what is known of them stands in constant lists.
How it is made fast: a macro has no way to work out a value once, but DuckDB merges what is equal
outside of CASE, and `list_transform([value], lambda ...)[1]` binds a value. What stands in a
lambda is compiled anew for each batch of rows. So long expressions stand outside, short ones
inside, and a plan's own pattern is compiled for the few rows that need it.

Where it differs from the library, on purpose:
- Mexico's prefixes of before 2019 (01, 044, 045, and 1 after the country's code) are dropped.
- Words around a number are ignored (they never spell digits), of several numbers in one field
  the first counts, and `(0)` is what one doesn't dial from abroad.
- 00 is understood as "from abroad" everywhere but where numbers begin so (South Korea).
- What cannot identify a person is none: numbers without area code, fewer than eight digits with
  the country's code, seven equal digits in a row, 1234567.
A number has to be possible (its length fits the plan), not assigned: `is_valid_phone` says more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from orchestration.lib import engine

# Prefixes that people still write, although the plan of today knows them no more.
_FORMER_PREFIXES = {"52": "01|04[45]|1"}
_REGION_ALIASES = {"UK": "GB", "EL": "GR"}
_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip",
    "pager", "uan", "voicemail",
)  # fmt: skip
_OTHER_DIGITS = "".join(chr(first + i) for first in (0xFF10, 0x0660) for i in range(10))
_WIDE, _NARROW = _OTHER_DIGITS + chr(0xFF0B), "01234567890123456789+"
_EXTENSION = (
    r"(?:;ext=|[ ,;(]*(?:e?xt(?:ensi[oó]n|n)?|int(?:erno)?|anexo|доб|x|#|~)[ .:,#]*)[0-9]{1,9}"
    r"[ #)]*$"
)
_FAKE = "|".join(f"{digit}{{7}}" for digit in range(10)) + "|1234567"


class _Plan:
    """What the library knows of one numbering plan, reduced to what a number is read by."""

    def __init__(self, calling_code: str, metadata: Any, regions: list[str]) -> None:
        self.calling_code = calling_code
        self.regions = regions
        self.metadata = metadata
        self.pattern: str = metadata.general_desc.national_number_pattern
        self.lengths: tuple[int, ...] = metadata.general_desc.possible_length
        self.from_abroad: str = metadata.international_prefix or "00"
        self.rule: str | None = metadata.national_prefix_transform_rule
        self.prefix: str = (
            _FORMER_PREFIXES.get(calling_code) or metadata.national_prefix_for_parsing or ""
        )

    @property
    def has_plain_prefix(self) -> bool:
        """Tell whether the prefix is digits as they stand, or none."""
        return not self.rule and not re.search(r"\D", self.prefix)

    @property
    def is_ambiguous(self) -> bool:
        """Tell whether a number may begin like the national prefix; if not, it is one."""
        starts = {"0", "1", "8", "9"} if not self.has_plain_prefix else {self.prefix[:1]}
        return any(number[:1] in starts for number in self.examples())

    def types(self) -> Iterable[str]:
        """Yield the patterns of the kinds of numbers that exist in this plan."""
        for kind in _TYPES:
            description = getattr(self.metadata, kind)
            if description is not None and description.national_number_pattern:
                yield description.national_number_pattern

    def examples(self) -> Iterable[str]:
        """Yield an example number of each kind."""
        for kind in ("general_desc", *_TYPES):
            description = getattr(self.metadata, kind)
            if description is not None and description.example_number:
                yield description.example_number


@cache
def _plans() -> list[_Plan]:
    """All plans; that of a calling code stands before those of its other regions."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    plans = []
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        if regions == ("001",):
            plans.append(_Plan(str(code), PhoneMetadata.metadata_for_nongeo_region(code), []))
            continue
        for region in regions:
            plans.append(_Plan(str(code), PhoneMetadata.metadata_for_region(region), [region]))
    for alias, region in _REGION_ALIASES.items():
        next(plan for plan in plans if region in plan.regions).regions.append(alias)
    return plans


def phone_macros(schema: str) -> list[str]:
    """Return the statements that create the phone macros in `schema`.

    `phone_e164(x, region)`: E.164 or null; `region` is ISO 3166 alpha-2 and may be null, then
    only international numbers count. `is_valid_phone(e164)`: whether it lies in a range that its
    country has assigned. The others (`phone_...`) are steps of these.
    """
    macros = {
        "phone_text(x)": _TEXT,
        "phone_home(region)": _home(),
        "phone_from_abroad(home, called)": _from_abroad(),
        "phone_called(x, region)": _CALLED,
        "phone_plan(called)": _plan(),
        "phone_read(called)": _READ,
        "phone_prefix_off(plan, number)": _prefix_off(),
        "phone_fits(lengths, pattern, number)": _FITS,
        "phone_number(read)": _NUMBER,
        "phone_e164(x, region)": _E164,
        "is_valid_phone(e164)": _is_valid(),
    }
    values = {"$keeping": _keeping(), "$extension": _EXTENSION, "$fake": _FAKE, "$s.": f"{schema}."}
    statements = []
    for signature, body in macros.items():
        for name, value in values.items():
            body = body.replace(name, value)
        statements.append(f"create or replace macro {schema}.{signature} as {body}")
    return statements


def _keeping() -> str:
    """Calling codes whose numbers keep their zero when dialled from abroad, as in Italy."""
    codes = {plan.calling_code for plan in _plans() if any(n[0] == "0" for n in plan.examples())}
    return "|".join(sorted(codes))


def _listed(values: Iterable[object], index: str, separator: str = ",") -> str:
    """Return the value at an index of a constant list; null where it is empty or has none."""
    joined = separator.join(str(value) for value in values)
    return f"nullif(string_split({engine.text(joined)}, '{separator}')[{index}], '')"


# Digits as dialled, with a leading plus if there is one; without extension and words.
_TEXT = f"""
case
    when regexp_full_match(x, '(?:[+][(]?[1-9]|[(]?[0-9])[0-9]+[)]?[0-9 -]*')
        then translate(x, ' ()-', '')
    else list_transform([
        list_transform([lower(translate(trim(x), '{_WIDE}', '{_NARROW}'))], lambda a:
            list_transform([
                case
                    when regexp_full_match(a, '[0-9 .()+/-]*') then a
                    when contains(a, ';phone-context=') then regexp_replace(
                        a, '^(?:tel:)?(.*);phone-context=([+][0-9]+).*$', '\\2\\1'
                    )
                    else regexp_replace(a, '$extension', '')
                end
            ], lambda b:
                case
                    when regexp_matches(b, '[/;,|]')
                        and length(translate(b, translate(b, '0123456789', ''), '')) > 13
                        then regexp_replace(
                            b, '^(.*?[0-9][^/;,|]{{6,}}[0-9]) *[/;,|].*$', '\\1'
                        )
                    when contains(b, '(0)')
                        and not regexp_matches(b, '^[^0-9+]*(?:[+]|00) *[(]?(?:$keeping)[^0-9]')
                        then replace(b, '(0)', '')
                    when regexp_full_match(b, '[0-9]{{7,}}[.]0') then left(b, -2)
                    else b
                end
            )[1]
        )[1]
    ], lambda c:
        case when regexp_matches(c, '^[^0-9]*[+][^0-9]*[1-9]') then '+' else '' end
        || regexp_replace(c, '[^0-9]', '', 'g')
    )[1]
end"""


def _home() -> str:
    """Return the number of a region's plan, by its place in a list of all two-letter codes."""
    number_of = {region: i for i, p in enumerate(_plans(), start=1) for region in p.regions}
    letters = [chr(65 + place) for place in range(26)]
    numbers = [number_of.get(one + two, "") for one in letters for two in letters]
    code = "regexp_extract(upper(region), '^ *([A-Z]{2}) *$', 1)"
    place = f"(ascii({code}) - 65) * 26 + ascii(substr({code}, 2, 1)) - 64"
    return f"try_cast({_listed(numbers, place)} as integer)"


def _from_abroad() -> str:
    """Return the digits from the calling code on, where dialled with +, 00, 011 or the like."""
    keys_of: dict[str, list[str]] = {}
    for number, plan in enumerate(_plans(), start=1):
        # Where numbers themselves may begin with 00, the library's expression is the only one.
        prefix = plan.from_abroad if plan.from_abroad[:2] == "00" else f"{plan.from_abroad}|00"
        keys_of.setdefault(prefix, []).append(f"{number:03}")
    dialled = "|".join(f"(?:{'|'.join(keys)})(?:{prefix})" for prefix, keys in keys_of.items())
    whole = "lpad(coalesce(home, 0)::varchar, 3, '0') || called"
    pattern = engine.text(f"^(?:...[+]|00000|{dialled})[1-9]")
    return f"substr({whole}, nullif(length(regexp_extract({whole}, {pattern})), 0))"


# What was dialled, from where, and the digits from the calling code on if it was from abroad.
_CALLED = """
list_transform([{called: $s.phone_text(x), home: $s.phone_home(region)}], lambda dialled: {
    called: dialled.called,
    home: dialled.home,
    abroad: $s.phone_from_abroad(dialled.home, dialled.called)
})[1]"""


def _plan() -> str:
    """Return what is known of the plan of a dialled number, joined with semicolons."""
    plans = _plans()
    known = (
        f"{number};{plan.calling_code};{sum(1 << length for length in plan.lengths)};"
        f"{int(plan.is_ambiguous)};{plan.prefix if plan.has_plain_prefix else '*'};{plan.pattern}"
        for number, plan in enumerate(plans, start=1)
    )
    number_of: dict[str, int] = {}
    for number, plan in enumerate(plans, start=1):
        number_of.setdefault(plan.calling_code, number)
    # No calling code begins another one.
    begun = [
        next((number_of[d[:n]] for n in (1, 2, 3) if d[:n] in number_of), "")
        for d in (f"{place:03}" for place in range(1000))
    ]
    away = _listed(begun, "try_cast(left(called.abroad || '00', 3) as integer) + 1")
    dialled = (
        f"coalesce(try_cast({away} as integer), "
        "nullif(called.home * cast(called.abroad is null as integer), 0))"
    )
    return _listed(known, dialled, "\n")


# A number without its calling code, and what is known of its plan.
_READ = """
list_transform([
    {called: called, plan: string_split($s.phone_plan(called), ';')}
], lambda read: {
    plan: cast(read.plan[1] as integer),
    code: read.plan[2],
    lengths: cast(read.plan[3] as integer),
    is_ambiguous: read.plan[4] = '1',
    prefix: read.plan[5],
    pattern: read.plan[6],
    number: coalesce(substr(read.called.abroad, length(read.plan[2]) + 1), read.called.called)
})[1]"""


def _prefix_off() -> str:
    """What is left without a prefix that is more than digits as they stand (carriers, areas).

    Each plan stands in a lambda of its own, so that only those that occur are compiled.
    """
    arms = []
    for place, plan in enumerate(_plans(), start=1):
        if plan.has_plain_prefix:
            continue
        pattern = engine.text(f"^(?:{plan.prefix})")
        off = f"regexp_replace(n, {pattern}, '')"
        if plan.rule:
            groups = re.compile(plan.prefix).groups
            off = (
                f"case when regexp_extract(n, {pattern}, {groups}) <> '' "
                f"then regexp_replace(n, {pattern}, {engine.text(plan.rule)}) else {off} end"
            )
        arms.append(f"when {place} then list_transform([number], lambda n: {off})[1]")
    return f"case plan {' '.join(arms)} end"


_FITS = """
case when (lengths >> length(number)) & 1 = 1 then regexp_full_match(number, pattern)
    else false end"""

# E.164 of a number as read: with or without national prefix, or with the own calling code before
# it; null if impossible. `ways` are the number and what follows its calling code, each with and
# without national prefix. A number that may begin like the prefix keeps it, if it is one of the
# plan and else were not.
_NUMBER = """
list_transform([
    list_transform([
        read.number,
        case when starts_with(read.number, read.code)
            then substr(read.number, length(read.code) + 1) end
    ], lambda number: {
        number: number,
        rest: case
            when read.prefix = '*' then $s.phone_prefix_off(read.plan, number)
            when starts_with(number, read.prefix) then substr(number, length(read.prefix) + 1)
            else number
        end
    })
], lambda ways:
    list_transform([
        list_transform(ways, lambda way: {
            number: way.number,
            rest: case
                when way.rest <> way.number and read.is_ambiguous
                    and $s.phone_fits(read.lengths, read.pattern, way.number)
                    and not $s.phone_fits(read.lengths, read.pattern, way.rest)
                    then way.number
                else way.rest
            end
        })
    ], lambda ways:
        list_transform([
            case
                when ways[2].number is not null and (
                    (read.lengths >> length(ways[1].number)) = 0
                    or (
                        $s.phone_fits(read.lengths, read.pattern, ways[2].rest)
                        and not $s.phone_fits(read.lengths, read.pattern, ways[1].number)
                    )
                ) then ways[2]
                else ways[1]
            end
        ], lambda way:
            list_transform([
                read.code || case
                    when (read.lengths >> length(way.rest)) & 1 = 1
                        or (read.lengths >> length(way.rest)) = 0 then way.rest
                    else way.number
                end
            ], lambda whole:
                case
                    when (read.lengths >> (length(whole) - length(read.code))) & 1 = 1
                        and length(whole) >= 8 and not regexp_matches(whole, '$fake')
                        then '+' || whole
                end
            )[1]
        )[1]
    )[1]
)[1]"""

_E164 = """
list_transform(
    [$s.phone_read($s.phone_called(x, region))], lambda read: $s.phone_number(read)
)[1]"""


def _is_valid() -> str:
    """One expression per first digit of the calling code: each stays small."""
    arms = []
    for first in "123456789":
        patterns = "|".join(
            f"{plan.calling_code}(?:{'|'.join(plan.types())})"
            for plan in _plans()
            if plan.calling_code[0] == first
        )
        arms.append(f"when '{first}' then regexp_full_match(substr(e164, 2), '{patterns}')")
    return f"case substr(e164, 2, 1) {' '.join(arms)} end"
