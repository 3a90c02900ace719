"""The warehouse itself: rules, manifest, models, jobs, schedule, sensor."""
