"""Plain Python without Dagster: importable and testable on its own."""
