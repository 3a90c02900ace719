"""The errors of this package.

Belongs here: what a caller may catch. Doesn't belong here: anything that does work.
"""


class ClockError(ValueError):
    """A table or calendar that cannot be used; the message says what to do."""
