"""What a caller of the identity engine may choose, and the columns that it understands."""

from __future__ import annotations

from dataclasses import dataclass, field

MEMORY_FOLDER = "identity_memory"
"""Folder beside the derived tables that keeps the model and its scores between runs."""

TEXT_COLUMNS = (
    "given_name",
    "family_name",
    "full_name",
    "email",
    "phone",
    "birth_date",
    "national_id",
    "street",
    "house_number",
    "postal_code",
    "city",
    "region",
    "country",
    "gender",
    "company_name",
    "record_type",
)
"""Columns of person records that are read where they are there; all of them text."""


WEIGHTS = ("given", "family", "birth_date", "email", "phone", "national_id", "address")
"""Comparisons whose weight stands in a column of its own in `link`; the rest are summed."""


class IdentityError(RuntimeError):
    """People cannot be resolved; the message says what is missing and what to do."""


@dataclass(frozen=True)
class Options:
    """How people are resolved. The defaults suit records of consumers and business contacts.

    `match_probability` is what the model asks of a pair that it links: three to one, since a
    wrong link costs more than a missing one. Pairs from `review_probability` up go to review.
    `max_records_per_identifier` is the number of person records above which a shared e-mail
    address, phone or device links nobody. The three
    `max_cluster_…` are the most records, e-mail addresses and phones that one customer may
    have; beyond, the weakest links are cut and the case goes to review. `impersonal_types`
    are kinds of record (record_type) that show what a person did and don't describe one;
    `owner_types` names, for a kind of identifier, the kind of record that each has once.
    `other_columns` are further columns of the input that the model compares.
    """

    default_country: str | None = None
    other_columns: tuple[str, ...] = ()
    use_model: bool = True
    match_probability: float = 0.75
    review_probability: float = 0.2
    max_records_per_identifier: int = 10
    max_cluster_records: int = 60
    max_cluster_emails: int = 12
    max_cluster_phones: int = 12
    pairs_per_record: int = 30
    impersonal_types: tuple[str, ...] = ("order", "case", "device", "touchpoint_contact")
    device_types: tuple[str, ...] = ("device",)
    unmodelled_types: tuple[str, ...] = ("device", "account")
    owner_types: dict[str, str] = field(
        default_factory=lambda: {
            "loyalty_card": "loyalty_member",
            "social_profile": "social_profile",
        }
    )
