"""What stops a valuation of customers, in words for the person who asked."""

from __future__ import annotations


class CustomerValueError(ValueError):
    """Customers cannot be valued; the message says which numbers are at fault and what to do."""
