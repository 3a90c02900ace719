"""What runs when: Dagster definitions, and the plain Python that they call."""
