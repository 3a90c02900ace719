"""The second gate, and what it lets through."""
