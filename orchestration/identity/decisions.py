"""The data steward's list: which records are one person, or two, whatever rules and model say.

Belongs here: reading the list and adding to it. Doesn't belong here: what a decision does (see
`resolve`: must_link is stronger than any rule, cannot_link cuts every path between the two).
"""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, fields
from datetime import date
from pathlib import Path

from orchestration.identity.evidence import Evidence
from orchestration.identity.options import IdentityError
from orchestration.lib.settings import PROJECT_ROOT

DECISIONS_FILE = PROJECT_ROOT / "dbt_project" / "seeds" / "customer_link_decisions.csv"
KINDS = ("must_link", "cannot_link")


@dataclass(frozen=True)
class Decision:
    """A row of the list; `company` is empty where it holds for all."""

    company: str
    decision: str
    record_id: str
    other_record_id: str
    decided_by: str
    decided_on: str
    reason: str

    def as_line(self) -> str:
        """The row as it stands in the file, without the line's end."""
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(astuple(self))
        return line.getvalue()

    @property
    def pair(self) -> frozenset[str]:
        """The two records, in no order."""
        return frozenset((self.record_id, self.other_record_id))


COLUMNS = tuple(field.name for field in fields(Decision))


def read_decisions(file: Path) -> list[Decision]:
    """The rows of the list.

    Raises:
        IdentityError: the file's columns are not those of the list.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise IdentityError(f"{file} needs the header line {','.join(COLUMNS)}.")
        return [Decision(**row) for row in reader]


def decide(evidence: Evidence, decision: Decision, file: Path) -> str:
    """Add a decision to the list in `file`; return the line. The next main job heeds it.

    Raises:
        IdentityError: a record does not exist, the two are one, or they were decided on before.
    """
    if decision.decision not in KINDS:
        raise IdentityError(f"A decision is must_link or cannot_link, not {decision.decision!r}.")
    if len(decision.pair) == 1:
        raise IdentityError(f"Both records are {decision.record_id}; name two.")
    for column in ("decided_by", "reason"):
        if not getattr(decision, column).strip():
            raise IdentityError(f"A decision needs {column}: those who come after will ask.")
    _judge_records(evidence, decision)
    for earlier in read_decisions(file):
        if earlier.pair == decision.pair and earlier.company in ("", decision.company):
            raise IdentityError(
                f"{earlier.decided_by} decided {earlier.decision} for these two on "
                f"{earlier.decided_on} ({earlier.reason}). To change that, delete the line "
                f"from {file} first."
            )
    text = file.read_text(encoding="utf-8")
    line = decision.as_line()
    file.write_text(text.rstrip("\n") + "\n" + line + "\n", encoding="utf-8")
    return line


def today() -> str:
    """The day of a decision, as the list writes it."""
    return date.today().isoformat()


def _judge_records(evidence: Evidence, decision: Decision) -> None:
    for record_id in (decision.record_id, decision.other_record_id):
        found = evidence.connection.execute(
            "from cluster where record_id = ?", [record_id]
        ).fetchone()
        if not found:
            raise IdentityError(
                f"There is no record {record_id!r} in the results of the last run. Take record_id "
                "from bridge_customer_identity, such as shopify.customer:123."
            )
