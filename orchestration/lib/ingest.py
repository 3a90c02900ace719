"""Ingestion of one feed: landing, reading, the gate, bronze and quarantine, the manifest.

Belongs here: the order of these steps, and what is committed when.
Doesn't belong here: how each step works (see the modules named so), Dagster (see `defs`).

A file of a period supersedes the earlier files of that period. A batch that the gate refuses
leaves bronze as it was; its files stay pending and the next run takes them again. Bronze is
written before the manifest, so after a crash the files are pending still and are loaded anew.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration.lib import quarantine
from orchestration.lib.arriving import Arriving, Counts, QuotesBroken
from orchestration.lib.bronze import partition_path, write_partition
from orchestration.lib.companies import Company
from orchestration.lib.engine import open_connection
from orchestration.lib.feeds import Feed, FeedError
from orchestration.lib.landing import receive
from orchestration.lib.layouts import Layout
from orchestration.lib.manifest import FileRecord, LoadRecord, Manifest
from orchestration.lib.mapping import drift, map_columns, wanted_headers
from orchestration.lib.periods import in_window, period_of
from orchestration.lib.readers import Readable, open_file
from orchestration.lib.refusals import FileRefused
from orchestration.lib.repair import repair_quotes
from orchestration.lib.reports import FileReport, IngestReport
from orchestration.lib.settings import Settings
from orchestration.lib.statements import BatchFile
from orchestration.lib.unpack import Limits

Window = tuple[date, date]
Judge = Callable[[duckdb.DuckDBPyConnection, Feed, Layout, IngestReport], list[str]]

BATCH_BYTES = 2 << 30
PACKED_FACTOR = 8
PARALLEL_FROM_BYTES = 4 << 20
SMALL_ROWS = 200_000


def ingest_feed(
    settings: Settings,
    company: Company,
    feed: Feed,
    layout: Layout,
    window: Window | None = None,
    judge: Judge | None = None,
    limits: Limits | None = None,
    batch_bytes: int = BATCH_BYTES,
) -> IngestReport:
    """Load every new file of a feed whose period begins in the window.

    `judge` sees each batch as table `arriving` before it is committed and returns the names of
    the critical checks that failed; if there is one, nothing of the batch reaches bronze.
    """
    report = IngestReport(feed.name, layout.name)
    with Manifest(settings.manifest_path) as manifest, manifest.locked(f"feed/{feed.name}"):
        new = receive(settings, manifest, feed, company.inbox_path(settings), window)
        run = _Run(settings, company, feed, layout, manifest, report, limits or Limits())
        run.note_duplicates([file for file in new if file.status == "duplicate"])
        pending = [
            file
            for file in manifest.files(feed.source, feed.table, "pending")
            if in_window(file.period, window)
        ]
        if pending:
            with run.workspace() as connection:
                run.load(connection, pending, judge, batch_bytes)
    return report


def replay(
    settings: Settings,
    company: Company,
    feed: Feed,
    layout: Layout,
    rule: str | None = None,
    judge: Judge | None = None,
    everything: bool = False,
) -> IngestReport:
    """Read again the landed files that have something in quarantine (under `rule`, if named).

    `everything` reads all current files again, for a feed that mapped a column wrongly.
    """
    with Manifest(settings.manifest_path) as manifest, manifest.locked(f"feed/{feed.name}"):
        loads = quarantine.loads_with_rule(settings, feed, rule)
        rows = manifest.query(
            "select distinct load_id, file_id from load join file using (file_id) "
            "where feed_source = ? and feed_table = ? and landing_path <> '' "
            "and (is_current = 1 or file.status = 'refused')",
            feed.source,
            feed.table,
        )
        wanted = {row["file_id"] for row in rows if everything or row["load_id"] in loads}
        with manifest.transaction():
            for file in manifest.files(feed.source, feed.table):
                if file.file_id in wanted:
                    _reopen(manifest, feed, file)
    return ingest_feed(settings, company, feed, layout, judge=judge)


def _reopen(manifest: Manifest, feed: Feed, file: FileRecord) -> None:
    """Make a file pending again; its name may mean another period by now."""
    message = ""
    period, partition = file.period, file.partition
    try:
        period, partition = period_of(feed, file.name)
    except FileRefused as refusal:
        message = f"{refusal.rule}: {refusal}"
    manifest.query(
        "update file set status = 'pending', message = ?, period = ?, partition = ? "
        "where file_id = ? returning file_id",
        message,
        period,
        partition,
        file.file_id,
    )


class RowsLost(RuntimeError):
    """Rows read are not the rows written; the load is not recorded."""


@dataclass
class _Batch:
    """Files that are read together, and those of them that cannot be."""

    files: list[FileRecord]
    refused: dict[int, FileRefused]


class _Run:
    """One run of one feed, under the feed's lock."""

    def __init__(
        self,
        settings: Settings,
        company: Company,
        feed: Feed,
        layout: Layout,
        manifest: Manifest,
        report: IngestReport,
        limits: Limits,
    ) -> None:
        self._settings = settings
        self._company = company
        self._feed = feed
        self._layout = layout
        self._manifest = manifest
        self._report = report
        self._limits = limits
        self._work = settings.station("landing") / ".work" / f"{feed.source}__{feed.table}"

    @contextmanager
    def workspace(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection and an empty folder for unpacked files; both end with the run."""
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True)
        connection = open_connection(self._settings, self._work / "spill")
        try:
            yield connection
        finally:
            connection.close()
            shutil.rmtree(self._work, ignore_errors=True)

    def load(
        self,
        connection: duckdb.DuckDBPyConnection,
        pending: list[FileRecord],
        judge: Judge | None,
        batch_bytes: int,
    ) -> None:
        """Load pending files, batch by batch, until none is left or the gate says no."""
        waiting = self._without_doors(connection, pending)
        while waiting:
            current = self._manifest.current(self._feed.source, self._feed.table)
            newest = {file.partition: file for file in waiting}
            old = [
                file
                for file in waiting
                if file.partition in current and file.arrival < current[file.partition][0].arrival
            ]
            self._note_superseded(old)
            waiting = [file for file in waiting if file not in old]
            batch = _Batch(_take([f for f in newest.values() if f in waiting], batch_bytes), {})
            if not batch.files:
                continue
            loaded = self._load_batch(connection, batch, judge)
            if loaded is None:
                return
            done = {file.file_id for file in batch.files}
            partitions = {file.partition for file in loaded}
            passed = [f for f in waiting if f.file_id not in done and f.partition in partitions]
            self._note_superseded(passed)
            waiting = [f for f in waiting if f.file_id not in done and f not in passed]

    def note_duplicates(self, files: list[FileRecord]) -> None:
        """Record files with bytes that arrived before."""
        if files:
            self._note(files, "duplicate", [file.message for file in files])

    def _note_superseded(self, files: list[FileRecord]) -> None:
        """Record files that a newer file of their period made void before they were read."""
        if files:
            messages = ["a newer file of the same period arrived before this one was read"]
            self._note(files, "superseded", messages * len(files))

    def _note(self, files: list[FileRecord], status: str, messages: list[str]) -> None:
        with self._manifest.locked("commit"), self._manifest.transaction():
            ids = self._manifest.next_load_ids(len(files))
            for file, load_id, message in zip(files, ids, messages, strict=True):
                self._manifest.set_status([file.file_id], status, message)
                self._manifest.add_load(
                    replace(self._record(file, load_id), status=status, message=message), {}, None
                )
                self._report.files.append(_report(file, status, load_id, message=message))

    def _without_doors(
        self, connection: duckdb.DuckDBPyConnection, pending: list[FileRecord]
    ) -> list[FileRecord]:
        """Refuse the files that landing would not take in; return the others."""
        refused = {
            file.file_id: FileRefused(
                file.message.partition(": ")[0].removeprefix("file_"),
                file.message.partition(": ")[2],
            )
            for file in pending
            if file.message
        }
        self._commit_refused(connection, [f for f in pending if f.message], refused)
        return [file for file in pending if not file.message]

    def _load_batch(
        self, connection: duckdb.DuckDBPyConnection, batch: _Batch, judge: Judge | None
    ) -> list[FileRecord] | None:
        """Read, judge and commit a batch; the files loaded, or None if the gate said no."""
        arriving = Arriving(connection, self._feed, self._layout, self._company.time_zone)
        self._read(connection, arriving, batch)
        arriving.finish()
        counts = arriving.counts()
        refused = [file for file in batch.files if file.file_id in batch.refused]
        self._commit_refused(connection, refused, batch.refused)
        reports = {
            file.number: _report(file.record, "pending", None, counts[file.number])
            for file in arriving.files
        }
        self._report.files += reports.values()
        failed = judge(connection, self._feed, self._layout, self._report) if judge else []
        if failed:
            self._report.blocked = True
            self._report.failed_checks += failed
            return None
        self._commit(connection, arriving, counts, reports)
        for file in batch.files:
            shutil.rmtree(self._work / str(file.file_id), ignore_errors=True)
        return [file.record for file in arriving.files]

    def _read(
        self, connection: duckdb.DuckDBPyConnection, arriving: Arriving, batch: _Batch
    ) -> None:
        """Open the files and read those of one shape in one pass."""
        groups: dict[tuple[object, ...], list[BatchFile]] = defaultdict(list)
        for number, (record, opened) in enumerate(self._open(connection, batch.files), start=1):
            try:
                if isinstance(opened, FileRefused):
                    raise opened
                origins = map_columns(opened, record.name, self._feed, self._layout)
            except FileRefused as refusal:
                batch.refused[record.file_id] = refusal
                continue
            self._report.findings += drift(opened, record.name, self._feed, self._layout, origins)
            file = BatchFile(number, record, opened, origins)
            groups[(*opened.shape, origins)].append(file)
        for group in groups.values():
            self._add(arriving, group, batch)

    def _open(
        self, connection: duckdb.DuckDBPyConnection, files: list[FileRecord]
    ) -> list[tuple[FileRecord, Readable | FileRefused]]:
        wanted = wanted_headers(self._feed, self._layout)

        def opened(file: FileRecord) -> Readable | FileRefused:
            landed = self._settings.station("landing") / file.landing_path
            try:
                return open_file(
                    connection, file.file_id, landed, self._feed, self._work, self._limits, wanted
                )
            except FileRefused as refusal:
                return refusal
            except FileNotFoundError:
                return FileRefused("lost", f"{landed}: the file is gone from landing; put it back.")

        large = sum(file.size for file in files) >= PARALLEL_FROM_BYTES
        if large and len(files) > 1 and self._feed.format.type in ("csv", "jsonl"):
            with ThreadPoolExecutor(max(1, self._settings.threads)) as pool:
                return list(zip(files, pool.map(opened, files), strict=True))
        return [(file, opened(file)) for file in files]

    def _add(self, arriving: Arriving, group: list[BatchFile], batch: _Batch) -> None:
        """Read a group; if it cannot be read, go on file by file."""
        try:
            arriving.add(group)
        except QuotesBroken as broken:
            for file in group:
                readable = file.readable
                if file.number == broken.number and not readable.is_repaired:
                    folder = self._work / str(file.record.file_id)
                    readable = repair_quotes(readable, folder)
                elif file.number == broken.number:
                    batch.refused[file.record.file_id] = _quotes(file)
                    continue
                self._add(arriving, [replace(file, readable=readable)], batch)
        except FileRefused as refusal:
            for file in group:
                message = f"{file.record.name}: {refusal}"
                batch.refused[file.record.file_id] = FileRefused(refusal.reason, message)
        except FeedError:
            raise
        except duckdb.Error as error:
            if len(group) > 1:
                for file in group:
                    self._add(arriving, [file], batch)
                return
            words = " ".join(str(error).split())[:300]
            batch.refused[group[0].record.file_id] = FileRefused(
                "unreadable",
                f"{group[0].record.name}: the engine cannot read it ({words}); correct `format` of "
                "the feed, or ask the sender for the file again.",
            )

    def _commit(
        self,
        connection: duckdb.DuckDBPyConnection,
        arriving: Arriving,
        counts: dict[int, Counts],
        reports: dict[int, FileReport],
    ) -> None:
        """Write bronze and quarantine, then the manifest, as one step for other processes."""
        files = arriving.files
        with self._manifest.locked("commit"):
            ids = self._manifest.next_load_ids(len(files))
            current = self._manifest.current(self._feed.source, self._feed.table)
            self._write_all(connection, arriving, counts, ids)
            with self._manifest.transaction():
                for file, load_id in zip(files, ids, strict=True):
                    found, record = counts[file.number], file.record
                    supersedes = current.get(record.partition)
                    if supersedes and supersedes[0].file_id != record.file_id:
                        self._manifest.set_status([supersedes[0].file_id], "superseded")
                    self._manifest.set_status([record.file_id], "loaded", "")
                    load = replace(
                        self._record(record, load_id),
                        rows_read=found.read,
                        rows_loaded=found.loaded,
                        rows_rejected=found.rejected,
                        rows_not_of_feed=found.not_of_feed,
                        is_current=True,
                        totals=json.dumps(found.totals),
                    )
                    self._manifest.add_load(load, found.days, supersedes and supersedes[1])
        for file, load_id in zip(files, ids, strict=True):
            reports[file.number].status = "loaded"
            reports[file.number].load_id = load_id

    def _write_all(
        self,
        connection: duckdb.DuckDBPyConnection,
        arriving: Arriving,
        counts: dict[int, Counts],
        ids: range,
    ) -> None:
        """Write every file's partition: small ones side by side, large ones with all threads."""
        files = list(zip(arriving.files, ids, strict=True))
        rows = sum(found.read for found in counts.values())
        threads = max(1, self._settings.threads)
        if len(files) < 2 or rows > SMALL_ROWS * len(files):
            for file, load_id in files:
                self._write(connection, arriving, file, load_id, counts[file.number])
            return
        connection.execute("set threads = 1")
        with ThreadPoolExecutor(threads) as pool:
            writes = [
                pool.submit(
                    self._write, connection.cursor(), arriving, file, load_id, counts[file.number]
                )
                for file, load_id in files
            ]
            for write in writes:
                write.result()
        connection.execute(f"set threads = {threads}")

    def _write(
        self,
        connection: duckdb.DuckDBPyConnection,
        arriving: Arriving,
        file: BatchFile,
        load_id: int,
        counts: Counts,
    ) -> None:
        partition = file.record.partition
        path = partition_path(self._settings, self._feed, self._layout, partition)
        rows = arriving.rows_of(file.number)
        loaded = write_partition(connection, path, self._layout, rows, load_id)
        rejected = 0
        if counts.rejected:
            rejected = quarantine.write_rows(
                connection,
                self._settings,
                self._feed,
                partition,
                rows,
                load_id,
                arriving.reasons,
            )
        else:
            quarantine.rows_path(self._settings, self._feed, partition).unlink(missing_ok=True)
        if loaded + rejected + counts.not_of_feed != counts.read:
            raise RowsLost(
                f"{file.record.name}: {counts.read} rows read, but {loaded} written to bronze, "
                f"{rejected} to quarantine and {counts.not_of_feed} not of this feed. The load is "
                "not recorded, so the next run makes it anew; report this as a fault in the code."
            )
        quarantine.refused_path(self._settings, self._feed, file.record).unlink(missing_ok=True)

    def _commit_refused(
        self,
        connection: duckdb.DuckDBPyConnection,
        files: list[FileRecord],
        refused: dict[int, FileRefused],
    ) -> None:
        if not files:
            return
        with self._manifest.locked("commit"):
            ids = self._manifest.next_load_ids(len(files))
            for file, load_id in zip(files, ids, strict=True):
                why = refused[file.file_id]
                quarantine.write_refused(
                    connection,
                    self._settings,
                    self._feed,
                    file,
                    load_id,
                    why.rule,
                    str(why),
                    why.row,
                )
            with self._manifest.transaction():
                for file, load_id in zip(files, ids, strict=True):
                    why = refused[file.file_id]
                    message = f"{why.rule}: {why}"
                    self._manifest.set_status([file.file_id], "refused", message)
                    load = replace(self._record(file, load_id), status="refused", message=message)
                    self._manifest.add_load(load, {}, None)
        for file, load_id in zip(files, ids, strict=True):
            why = refused[file.file_id]
            entry = _report(file, "refused", load_id, message=str(why))
            entry.rule = why.rule
            self._report.files.append(entry)

    def _record(self, file: FileRecord, load_id: int) -> LoadRecord:
        now = datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        return LoadRecord(
            load_id=load_id,
            file_id=file.file_id,
            layout_source=self._layout.source,
            layout_table=self._layout.table,
            loaded_at=now,
            is_snapshot=self._feed.snapshot,
        )


def _take(files: list[FileRecord], batch_bytes: int) -> list[FileRecord]:
    """The first files, in order of arrival, that fit into a batch; at least one."""
    taken: list[FileRecord] = []
    total = 0
    for file in sorted(files, key=lambda f: f.arrival):
        packed = Path(file.name).suffix.lower() in (".gz", ".zip")
        total += file.size * (PACKED_FACTOR if packed else 1)
        if taken and total > batch_bytes:
            break
        taken.append(file)
    return taken


def _quotes(file: BatchFile) -> FileRefused:
    return FileRefused(
        "quotes",
        f"{file.record.name}: quotes open and do not close, so that its lines cannot be told "
        "apart; correct `format.quote` of the feed, or ask the sender for the file again.",
    )


def _report(
    file: FileRecord,
    status: str,
    load_id: int | None,
    counts: Counts | None = None,
    message: str = "",
) -> FileReport:
    report = FileReport(
        file.name, status, file.period, load_id, file.sha256, file.size, message=message
    )
    if counts is not None:
        report.rows_read = counts.read
        report.rows_loaded = counts.loaded
        report.rows_rejected = counts.rejected
        report.rows_not_of_feed = counts.not_of_feed
        report.by_rule = counts.by_rule
        report.warned = counts.warned
        report.totals = counts.totals
        report.days = counts.days
    return report
