"""How two records are compared, field by field: the levels of agreement of the Splink model.

Belongs here: comparison levels, fit for Spanish and English names, and what is assumed of them
where the data are too thin to learn from. Doesn't belong here: training (see `model`).

`usual_m` of a level is the share of true pairs that agree at that level in consumer records; it
stands in for what cannot be learnt, and steadies what was learnt from few pairs.
"""

from __future__ import annotations

from typing import Any

SHARED_BY_RELATIVES = {"family": 0.5, "address": 0.5, "phone": 0.2, "email": 0.1, "company": 0.3}
"""Comparisons in which people of one household or company agree, and how often at first guess."""

SAME_COLUMN = {
    "given": "given",
    "family": "family",
    "birth_date": "birth_digits",
    "email": "email",
    "phone": "phone",
    "national_id": "national_id",
    "company": "company",
}
"""Comparisons whose best level is that one column is the same."""

MOST_DIFFERENT = {"given": 0.1, "birth_date": 0.1, "national_id": 0.15, "gender": 0.05}
"""Share of true pairs that may differ outright in what a person has but once: learning more than
that is learning from pairs that are not true."""

RARELY_SHARED = {"given": 0.03, "birth_date": 0.01}
"""How often relatives have the same given name or birth date: sons named after fathers, twins."""

Level = dict[str, Any]
Comparison = dict[str, Any]


def comparisons(columns: set[str], others: list[str]) -> list[Comparison]:
    """Comparisons of the model for the columns of `profile` that are filled."""
    built = [
        _given(columns),
        _family(columns),
        _birth_date(columns),
        _email(columns),
        _phone(columns),
        _national_id(columns),
        _address(columns),
        _gender(columns),
        _company(columns),
        *[_other(name) for name in others if name in columns],
    ]
    return [comparison for comparison in built if comparison]


def usual_m(comparison: Comparison) -> list[float]:
    """Assumed share of true pairs at each level that is not the null level."""
    weights = [level["usual_m"] for level in comparison["comparison_levels"][1:]]
    return [weight / sum(weights) for weight in weights]


def _comparison(name: str, levels: list[Level]) -> Comparison:
    return {"output_column_name": name, "comparison_levels": levels}


def _null(condition: str) -> Level:
    return {"sql_condition": condition, "label_for_charts": "unknown", "is_null_level": True}


def _level(label: str, condition: str, usual: float, frequency_of: str | None = None) -> Level:
    level: Level = {"sql_condition": condition, "label_for_charts": label, "usual_m": usual}
    if frequency_of:
        level |= {"tf_adjustment_column": frequency_of, "tf_adjustment_weight": 1.0}
    return level


def _else(usual: float) -> Level:
    return _level("different", "ELSE", usual)


def _either_null(column: str) -> Level:
    return _null(f"{column}_l is null or {column}_r is null")


# Names with no word in common have no bit in common: a quick test before a slow one.
_SHARES_BITS = "({0}_bits_l & {0}_bits_r) <> 0"


def _alike(column: str, similarity: float) -> str:
    return (
        f"left({column}_l, 1) = left({column}_r, 1) "
        f"and jaro_winkler_similarity({column}_l, {column}_r) >= {similarity}"
    )


def _one_slip(column: str) -> str:
    return _slips(column, 1)


def _slips(column: str, number: int) -> str:
    return (
        f"abs(length({column}_l) - length({column}_r)) <= {number} "
        f"and damerau_levenshtein({column}_l, {column}_r) <= {number}"
    )


_SWAPPED = "given_l = family_r and family_l = given_r"
_MISPLACED = (
    "(((given_r is null or family_l is null) and coalesce(given_l = family_r, false)) "
    "or ((given_l is null or family_r is null) and coalesce(family_l = given_r, false)))"
)


def _given(columns: set[str]) -> Comparison | None:
    if "given" not in columns:
        return None
    # Names such as George Cook and Cook George: as common as the two names together.
    swapped = [_level("given and family name swapped", _SWAPPED, 0.01) | {"least_u": 1e-5}]
    # A name in the wrong field, the other unknown.
    misplaced = [_level("in the family name's place", _MISPLACED, 0.005) | {"least_u": 1e-3}]
    either_null = "(given_l is null or given_r is null)"
    unknown = f"{either_null} and not {_MISPLACED}" if "family" in columns else either_null
    return _comparison(
        "given",
        [
            _null(unknown),
            _level("same", "given_l = given_r", 0.78, "given"),
            _level(
                "short form, or one of several names",
                f"{_SHARES_BITS.format('given')} "
                "and is_short_given_name(given_l, given_forms_l, given_r, given_forms_r)",
                0.07,
            ),
            _level("a typing slip", f"length(given_l) > 3 and {_one_slip('given')}", 0.06),
            # Brothers have names such as Jose Raul and Jose Miguel.
            _level(
                "a name in common, and another",
                f"{_SHARES_BITS.format('given')} and shares_word(given_l, given_r)",
                0.01,
            )
            | {"least_u": 0.02},
            *([*swapped, *misplaced] if "family" in columns else []),
            _level(
                "initial",
                "(length(given_l) = 1 or length(given_r) = 1) "
                "and left(given_l, 1) = left(given_r, 1)",
                0.01,
            ),
            _level("alike", _alike("given", 0.85), 0.02),
            _else(0.05),
        ],
    )


def _family(columns: set[str]) -> Comparison | None:
    if "family" not in columns:
        return None
    # Names that are swapped count once, as an agreement of the given name.
    swapped = f" or ({_SWAPPED} and given_l <> family_l)" if "given" in columns else ""
    return _comparison(
        "family",
        [
            _null(f"family_l is null or family_r is null{swapped}"),
            _level("same", "family_l = family_r", 0.75, "family"),
            _level("a typing slip", f"length(family_l) > 3 and {_one_slip('family')}", 0.07),
            _level(
                "same first, another second name",
                "family_first_l = family_first_r "
                "and family_l <> family_first_l and family_r <> family_first_r",
                0.01,
            ),
            _level(
                "one of two family names", "family_first_l = family_first_r", 0.08, "family_first"
            ),
            _level(
                "a name in common",
                f"{_SHARES_BITS.format('family')} and shares_word(family_l, family_r)",
                0.02,
            ),
            _level("alike", _alike("family", 0.88), 0.02),
            _else(0.05),
        ],
    )


def _birth_date(columns: set[str]) -> Comparison | None:
    if "birth_digits" not in columns:
        return None
    return _comparison(
        "birth_date",
        [
            _either_null("birth_digits"),
            # Where only the year was known, a system put the first of January.
            _level("same", "birth_digits_l = birth_digits_r", 0.88, "birth_digits"),
            _level(
                "a typing slip, or day and month swapped",
                f"({_one_slip('birth_digits')}) or "
                "(left(birth_digits_l, 4) = left(birth_digits_r, 4) and "
                "right(birth_digits_l, 4) = right(birth_digits_r, 2) || "
                "substr(birth_digits_r, 5, 2))",
                0.06,
            ),
            _level(
                "year and month, or month and day",
                "left(birth_digits_l, 6) = left(birth_digits_r, 6) "
                "and right(birth_digits_l, 4) <> '0101' "
                "and right(birth_digits_r, 4) <> '0101' "
                "or right(birth_digits_l, 4) = right(birth_digits_r, 4) "
                "and right(birth_digits_l, 4) <> '0101'",
                0.02,
            ),
            _level("year", "left(birth_digits_l, 4) = left(birth_digits_r, 4)", 0.015),
            _else(0.025),
        ],
    )


def _email(columns: set[str]) -> Comparison | None:
    if "email" not in columns:
        return None
    return _comparison(
        "email",
        [
            _null(
                "email_l is null or email_r is null or (mailbox_l = mailbox_r "
                "and email_l <> email_r and length(mailbox_digits_l) <= 1)"
            ),
            _level("same", "email_l = email_r", 0.7),
            # Mailboxes are made of names: what the names say already must not count again.
            _level(
                "same mailbox name and digits elsewhere",
                "mailbox_l = mailbox_r and length(mailbox_digits_l) > 1",
                0.04,
            )
            | {"least_u": 1e-3},
            _level(
                "a typing slip or two, not in digits",
                "mailbox_digits_l = mailbox_digits_r and mailbox_l <> mailbox_r "
                f"and {_slips('email', 2)}",
                0.03,
            )
            | {"least_u": 1e-4},
            # Who needs a number behind the name takes it along to the next mailbox.
            _level(
                "same last digits in another mailbox",
                "least(length(mailbox_digits_l), length(mailbox_digits_r)) >= 4 "
                "and right(mailbox_digits_l, 4) = right(mailbox_digits_r, 4)",
                0.03,
            )
            | {"least_u": 1e-3},
            _else(0.2),
        ],
    )


def _phone(columns: set[str]) -> Comparison | None:
    if "phone" not in columns:
        return None
    return _comparison(
        "phone",
        [
            _either_null("phone"),
            _level("same", "phone_l = phone_r", 0.7),
            _level(
                "same last eight digits, or a typing slip",
                f"right(phone_l, 8) = right(phone_r, 8) or ({_one_slip('phone')})",
                0.05,
            )
            # Relatives and colleagues have numbers in a row.
            | {"least_u": 1e-3},
            _else(0.25),
        ],
    )


def _national_id(columns: set[str]) -> Comparison | None:
    if "national_id" not in columns:
        return None
    return _comparison(
        "national_id",
        [
            _either_null("national_id"),
            _level("same", "national_id_l = national_id_r", 0.9),
            _level("a typing slip", _one_slip("national_id"), 0.06),
            _else(0.04),
        ],
    )


def _address(columns: set[str]) -> Comparison | None:
    """One comparison of the whole address: its parts depend on each other."""
    parts: list[str] = [part for part in ("street", "postal", "city") if part in columns]
    if not parts:
        return None
    known = " or ".join(f"({part}_l is not null and {part}_r is not null)" for part in parts)
    levels = [_null(f"not ({known})")]
    if "street" in columns:
        same_house = ""
        if "house_number" in columns:
            same_house = " and coalesce(house_number_l = house_number_r, true)"
        levels += [
            _level("same street and house", f"street_l = street_r{same_house}", 0.6),
            _level(
                "street alike" + (" in the same place" if len(parts) > 1 else ""),
                _alike("street", 0.88) + _same_place(parts),
                0.1,
            ),
        ]
    if "postal" in columns:
        levels.append(_level("same postal code", "postal_l = postal_r", 0.12, "postal"))
    if "city" in columns:
        levels.append(_level("same city", "city_l = city_r", 0.06, "city"))
    if "postal" in columns:
        levels.append(_level("postal code: a typing slip", _one_slip("postal"), 0.02))
    if "city" in columns:
        levels.append(_level("city alike", _alike("city", 0.9), 0.01))
    return _comparison("address", [*levels, _else(0.09)])


def _same_place(parts: list[str]) -> str:
    places = [f"{part}_l = {part}_r" for part in parts if part != "street"]
    return f" and ({' or '.join(places)})" if places else ""


def _gender(columns: set[str]) -> Comparison | None:
    if "gender" not in columns:
        return None
    same = _level("same", "gender_l = gender_r", 0.98)
    return _comparison("gender", [_either_null("gender"), same, _else(0.02)])


def _company(columns: set[str]) -> Comparison | None:
    if "company" not in columns:
        return None
    return _comparison(
        "company",
        [
            _either_null("company"),
            _level("same", "company_l = company_r", 0.7, "company"),
            _level("alike", _alike("company", 0.9), 0.1),
            _else(0.2),
        ],
    )


def _other(name: str) -> Comparison:
    return _comparison(
        name,
        [
            _either_null(name),
            _level("same", f"{name}_l = {name}_r", 0.75, name),
            _level("alike", _alike(name, 0.9), 0.05),
            _else(0.2),
        ],
    )
