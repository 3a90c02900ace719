"""The job that does everything, when it runs, and what starts it early."""

import dagster as dg

from orchestration import project
from orchestration.lib.arrivals import new_files
from orchestration.progress import progress_logger


@dg.definitions
def jobs() -> dg.Definitions:
    """Job `everything`, its daily schedule, and a sensor for files that arrive."""
    everything = dg.define_asset_job(
        "everything",
        selection=dg.AssetSelection.all(),
        description="Load what is new, build the models, judge them, publish.",
    )
    daily = dg.ScheduleDefinition(
        name="every_morning",
        job=everything,
        cron_schedule="0 5 * * *",
        execution_timezone=project.company().time_zone,
        description="Every day at five, in the company's time zone.",
    )

    @dg.sensor(
        name="files_arrived",
        job=everything,
        minimum_interval_seconds=60,
        description="Starts the job when a feed's folder holds files that were not loaded yet.",
    )
    def files_arrived(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        files = new_files(project.settings(), project.company())
        if not files:
            return dg.SkipReason("No new file in any feed's folder.")
        newest = max(f"{found.mtime_ns}:{found.relative}" for found in files)
        return dg.RunRequest(run_key=f"{len(files)} files, newest {newest}")

    return dg.Definitions(
        jobs=[everything],
        schedules=[daily],
        sensors=[files_arrived],
        executor=dg.in_process_executor,
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
    )
