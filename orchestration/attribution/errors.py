"""What stops an attribution, in words for the person who asked."""

from __future__ import annotations


class AttributionError(ValueError):
    """Paths cannot be attributed; the message names file, row and rule, and says what to do."""
