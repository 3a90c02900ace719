"""What publishing raises when it publishes nothing."""

from __future__ import annotations


class PublishError(RuntimeError):
    """Nothing was published; the message says why and what to do."""
