"""Why a whole file is refused; the message names the file, the row where known, and what to do."""

from __future__ import annotations


class FileRefused(Exception):
    """A file that cannot be loaded. `reason` becomes the rule `file_<reason>`."""

    def __init__(self, reason: str, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.row = row

    @property
    def rule(self) -> str:
        """Name under which the file stands in quarantine."""
        return f"file_{self.reason}"
