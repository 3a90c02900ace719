"""Progress of a run on a terminal: a line for each feed, model and gate, as it happens.

Dagster's own console logger prints several lines for each event; a person who waits wants to
see what is done, how long it took, and what failed and why.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

import dagster as dg

LONGEST = 600
CHATTER = ("A dbt subsetted", "Skipping step", "Copying `", "Running dbt", "Finished dbt")
CHATTER_WITHIN = ("did not yield or return expected outputs", "`AssetObservation` instead")


class ProgressHandler(logging.Handler):
    """Prints user messages, built models, failed checks and errors; leaves out the rest."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.started = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Print what a record says, if it says something to a person who waits."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        text = self._event(event) if event is not None else self._message(record, meta)
        if text:
            line = f"{time.monotonic() - self.started:7.1f} s  {text}"
            print(line, file=sys.__stdout__, flush=True)

    def _message(self, record: logging.LogRecord, meta: dict[str, Any]) -> str:
        text = str(meta.get("orig_message") or record.getMessage())
        if text.startswith(CHATTER) or any(part in text for part in CHATTER_WITHIN):
            return ""
        if text.startswith("Dependencies for step"):
            return f"not run: {text.split()[3]}, for what it needs failed"
        told = record.levelno >= logging.INFO and meta.get("op_name")
        return text[:LONGEST] if told or record.levelno >= logging.WARNING else ""

    def _event(self, event: Any) -> str:
        kind = dg.DagsterEventType(event.event_type_value)
        if kind == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            return _failed_check(event.event_specific_data)
        if kind in (dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE):
            return f"FAILED {event.step_key or 'run'}: {_cause(event)}"
        if kind == dg.DagsterEventType.STEP_UP_FOR_RETRY:
            return f"{event.step_key}: will be tried again: {_cause(event)}"
        return ""


def _failed_check(check: Any) -> str:
    if check.passed:
        return ""
    is_error = check.severity == dg.AssetCheckSeverity.ERROR
    observed = check.metadata.get("observed")
    text = f"{'CHECK FAILED' if is_error else 'note'} {'/'.join(check.asset_key.path)}"
    return f"{text} {check.check_name}: {observed.value if observed else 'see the checks'}"


def _cause(event: Any) -> str:
    error = getattr(event.event_specific_data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    text = error.message.strip() if error is not None else str(event.message)
    _, found, dbt_errors = text.partition("Errors parsed from dbt logs:")
    return dbt_errors.strip() if found else text[:LONGEST]


@dg.logger(config_schema={}, description="Progress for a person at a terminal.")
def progress_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """A logger with one handler; Dagster's own records reach it, the instance keeps them all."""
    logger = logging.Logger("progress", logging.DEBUG)
    logger.addHandler(ProgressHandler())
    return logger
