"""What a run remembers for the next: the model, and the scores of pairs that did not change.

Belongs here: which profiles are new, which scores still hold, when the model is learnt anew.
Doesn't belong here: scoring (see `model`). A score depends on two profiles and the model alone,
so it stays true whatever became of the run that worked it out.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from orchestration.identity.model import TrainedModel
from orchestration.identity.options import Options
from orchestration.identity.prepare import COMPARED, other_names
from orchestration.lib import engine
from orchestration.lib.tables import write_parquet

FORMAT = 2
MOST_GROWTH = 1.5
"""How many times the profiles that a model was learnt from may be before it is learnt anew."""


class Memory:
    """A folder with the model, profiles, scores and frequencies of a run; see the module's text.

    memory.json says what they are of; it is written last, so half a memory is none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def recall(
        self,
        connection: duckdb.DuckDBPyConnection,
        columns: set[str],
        profiles: int,
        options: Options,
    ) -> TrainedModel | None:
        """The model of the last run, if it fits; then only new profiles stay `is_new`.

        Adds a fingerprint to table `profile`: of what a profile says, and of the group that it
        is settled in, since pairs within a group are not scored.
        """
        self._add_fingerprints(connection, options)
        try:
            kept = json.loads((self.folder / "memory.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        if kept.get("about") != self._about(options):
            return None
        trained = TrainedModel.load(self.folder / "model.json")
        fits = (
            trained.columns == sorted(columns)
            and profiles <= MOST_GROWTH * kept["learnt_from"]
            and profiles * MOST_GROWTH >= kept["learnt_from"]
        )
        if not fits:
            return None
        connection.execute(
            f"create table frequency as from read_parquet({self._quoted('frequency.parquet')})"
        )
        # Where one profile said this and now two do, these two have never been compared.
        connection.execute(f"""
            update profile set is_new = false
            where fingerprint in (
                select fingerprint
                from (select fingerprint, count(*) as profiles from profile group by fingerprint)
                    as present
                inner join read_parquet({self._quoted("profile.parquet")}) as kept
                    using (fingerprint)
                where present.profiles = 1 or kept.profiles > 1
            )
        """)
        return trained

    def keep(
        self,
        connection: duckdb.DuckDBPyConnection,
        trained: TrainedModel,
        learnt_from: int | None,
        options: Options,
    ) -> None:
        """Complete `scored` with the scores that still hold, and remember all for the next run.

        `learnt_from` is the number of profiles of a model that was learnt now, none otherwise.
        """
        if learnt_from is None:
            connection.execute(f"""
                insert into scored by name
                select distinct kept.* exclude (one_print, other_print),
                    least(one.profile_no, other.profile_no) as one_no,
                    greatest(one.profile_no, other.profile_no) as other_no,
                from read_parquet({self._quoted("scored.parquet")}) as kept
                inner join profile as one on kept.one_print = one.fingerprint
                inner join profile as other on kept.other_print = other.fingerprint
                where not one.is_new and not other.is_new and one.group_no <> other.group_no
            """)
        self.folder.mkdir(parents=True, exist_ok=True)
        if learnt_from is not None:
            (self.folder / "memory.json").unlink(missing_ok=True)
            trained.save(self.folder / "model.json")
        write_parquet(connection, "from frequency", self.folder / "frequency.parquet")
        write_parquet(
            connection,
            """
            select distinct scored.* exclude (one_no, other_no),
                least(one.fingerprint, other.fingerprint) as one_print,
                greatest(one.fingerprint, other.fingerprint) as other_print,
            from scored
            inner join profile as one on scored.one_no = one.profile_no
            inner join profile as other on scored.other_no = other.profile_no
            """,
            self.folder / "scored.parquet",
        )
        # After the scores: a profile counts as known only where its scores are kept.
        write_parquet(
            connection,
            "select fingerprint, count(*) as profiles from profile group by fingerprint",
            self.folder / "profile.parquet",
        )
        if learnt_from is not None:
            kept = {"about": self._about(options), "learnt_from": learnt_from}
            (self.folder / "memory.json").write_text(json.dumps(kept), encoding="utf-8")

    def _about(self, options: Options) -> list[object]:
        """What scores depend on beside the model and the records."""
        return [FORMAT, options.review_probability, list(options.other_columns)]

    def _add_fingerprints(self, connection: duckdb.DuckDBPyConnection, options: Options) -> None:
        said = ", ".join([*COMPARED, *other_names(options)])
        connection.execute(f"""
            create or replace table profile as
            with content as (select *, hash({said}) as said from profile)
            select * exclude (said),
                hash(said, bit_xor(said) over (partition by group_no)) as fingerprint,
            from content
        """)

    def _quoted(self, name: str) -> str:
        return engine.text(self.folder / name)


def forget_scores(folder: Path) -> None:
    """Let the next run score every pair again, by the same model."""
    for name in ("profile.parquet", "scored.parquet"):
        if (folder / name).exists():
            with duckdb.connect() as connection:
                rows = f"from read_parquet({engine.text(folder / name)}) limit 0"
                write_parquet(connection, rows, folder / name)
