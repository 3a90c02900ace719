"""Dagster components: what a company's YAML files are instances of."""
