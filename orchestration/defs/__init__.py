"""Dagster definitions by domain; each file is one concept, each asset calls `lib/`."""
