"""A worker: takes shards and the schedule's ticks from the store, as many as it is told, until
it is stopped.

    ┌► a job from Procrastinate ─► deliver_shard | run_schedule ─► done, again later, given up
    └── shards of workers that died come back: their heartbeat stopped

SIGTERM and Ctrl-C let what is in flight end; what is left goes to other workers. A database that
does not answer is waited for.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.delivery.ledger.aging import require_original
from digest.delivery.running import event_loop_factory
from digest.errors import DigestError, IncompleteError, StoppedError, StoreError
from digest.publication import Publication
from digest.worker.delivering import (
    AgainError,
    GivenUpError,
    Timing,
    Turn,
    deliver_shard,
)
from digest.worker.jobs import (
    DELIVER,
    DELIVERIES,
    SCHEDULE,
    TICK,
    connection_values,
    prepare_jobs,
    require_workers,
)
from digest.worker.moments import weekly_of
from digest.worker.scheduling import run_schedule
from digest.worker.shards import Shard, job_of, stays_whole
from digest.worker.telling import Kind, Tell, Told, logged

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.retry import BaseRetryStrategy
    from procrastinate.worker import Worker

#: When the schedule is looked at, as cron says it; the zone is decided in `moments`.
_TICKS = "*/5 * * * *"
#: Days that jobs given up are kept to be looked at.
_KEPT_DAYS = 30
_STORE_PAUSES = (1.0, 5.0, 15.0, 60.0)


@dataclass(frozen=True, slots=True)
class Duty:
    """What a worker does: how many shards at a time, with the schedule or not, once or for good."""

    concurrency: int = 1
    schedule: bool = True
    once: bool = False


def work(
    publication: Publication,
    duty: Duty,
    *,
    clock: Callable[[], datetime],
    tell: Tell,
    timing: Timing | None = None,
) -> None:
    """Work until stopped, or with `once` until nothing is left. Runs in the main thread.

    Raises:
        UsageError, ConfigError: there can be no worker here.
        StoreError: the store is a copy, or does not answer (with `once`).
        IncompleteError: with `once`: something is left that has to wait.
        DigestError: with `once`: what a job was given up for.
    """
    database = publication.database
    require_workers(database)
    require_original(database, clock(), publication.config.zone)
    prepare_jobs(database)
    # It says with a traceback what is said here in a sentence.
    for name in ("procrastinate", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    worker = _Worker(publication, duty, clock, logged(tell), timing or Timing())
    with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
        runner.run(worker.run())


class _Worker:
    """One process's life as a worker."""

    def __init__(
        self,
        publication: Publication,
        duty: Duty,
        clock: Callable[[], datetime],
        tell: Tell,
        timing: Timing,
    ) -> None:
        self._publication = publication
        self._duty = duty
        self._clock = clock
        self._tell = tell
        self._timing = timing
        self._stop = asyncio.Event()
        self._worker: Worker | None = None
        self._weekly = weekly_of(publication.config) if duty.schedule else None
        self._said: set[str] = set()
        self._given_up: set[tuple[int, str, str]] = set()
        self._failure: DigestError | None = None

    async def run(self) -> None:
        """From the first job to the last."""
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, self._halt)
        loop.set_exception_handler(self._heed_fault)
        duties = f"takes shards and keeps the schedule ({self._weekly})"
        if not self._weekly:
            duties = "takes shards"
        self._say("ready", f"worker {os.getpid()} on {socket.gethostname()} {duties}")
        if self._duty.once:
            await self._work_once()
        else:
            await self._work_on()
        if self._failure is not None:
            raise self._failure
        self._say("ready", "stopped" if self._stop.is_set() else "nothing is left to do")

    def _halt(self) -> None:
        if self._stop.is_set():
            # Asked twice: what is in flight is found as after a kill.
            os._exit(StoppedError.exit_code)
        self._stop.set()
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]
        self._say("ready", "stopping: what is in flight ends first")

    def _heed_fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Of a task that nobody waits for: a job's end could not be written down."""
        error = context.get("exception")
        if isinstance(error, Exception) and not _is_from_store(error):
            self._say("ended", f"a fault of the program ({type(error).__name__})")
            return
        # It was taken for dead, and another worker has the job now; or the store is gone.
        self._say("again", "a job's end could not be noted; whoever has it now finds it done")

    # ---- For good, and once -----------------------------------------------------------------

    async def _work_on(self) -> None:
        attempt = 0
        while not self._stop.is_set():
            try:
                async with self._open() as app:
                    attempt = 0
                    await self._serve(app)
            except Exception as error:
                if not _is_from_store(error):
                    raise
            if self._stop.is_set():
                return
            pause = _STORE_PAUSES[min(attempt, len(_STORE_PAUSES) - 1)]
            attempt += 1
            self._say("again", f"the store does not answer; trying again in {pause:.0f} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)

    async def _work_once(self) -> None:
        if self._weekly:
            await self._tick()
        try:
            async with self._open() as app:
                await self._serve(app)
                left = 0
                for status in ("todo", "doing"):
                    jobs = await app.job_manager.list_jobs_async(queue=DELIVERIES, status=status)
                    left += len(list(jobs))
        except Exception as error:
            if not _is_from_store(error):
                raise
            name = self._publication.database.name
            raise StoreError(
                f"{name}: does not answer", "Run the command again when it does."
            ) from error
        if left and self._failure is None:
            self._failure = IncompleteError(
                f"shards that wait or are with another worker: {left}",
                "The same command goes on.",
            )

    async def _serve(self, app: App) -> None:
        """Work with an open connection, until stopped, nothing is left, or it breaks."""
        from procrastinate.worker import Worker

        queues = [DELIVERIES, SCHEDULE] if self._weekly else [DELIVERIES]
        self._worker = Worker(
            app,
            queues=queues,
            concurrency=self._duty.concurrency,
            wait=not self._duty.once,
            fetch_job_polling_interval=self._timing.look,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=self._timing.heartbeat,
            stalled_worker_timeout=self._timing.dead_after,
        )
        await self._bring_back(app)
        rescue = asyncio.create_task(self._keep_bringing_back(app))
        try:
            if not self._stop.is_set():
                await self._worker.run()  # type: ignore[no-untyped-call]
        finally:
            self._worker = None
            rescue.cancel()
            with suppress(asyncio.CancelledError):
                await rescue

    async def _keep_bringing_back(self, app: App) -> None:
        while True:
            await asyncio.sleep(self._timing.dead_after / 2)
            try:
                await self._bring_back(app)
            except Exception as error:
                # A store that does not answer is noticed by the worker itself.
                if not _is_from_store(error):
                    self._say("ended", f"a fault of the program ({type(error).__name__})")

    async def _bring_back(self, app: App) -> None:
        """Jobs of workers that died wait for a worker again."""
        from procrastinate.exceptions import ConnectorException

        jobs = await app.job_manager.get_stalled_jobs(
            seconds_since_heartbeat=self._timing.dead_after
        )
        for job in jobs:
            # Another worker may have done it in this moment.
            with suppress(ConnectorException):
                await app.job_manager.retry_job(job)
                self._say("again", f"job {job.id}: its worker died; it comes back")

    # ---- Jobs -------------------------------------------------------------------------------

    def _open(self) -> Any:
        """The connection and the tasks."""
        from procrastinate import App, PsycopgConnector, RetryDecision
        from procrastinate.jobs import Job
        from procrastinate.retry import BaseRetryStrategy as Strategy

        class ComesBack(Strategy):
            """A shard that says so comes back; whatever else happens is for a person."""

            def get_retry_decision(
                self, *, exception: BaseException, job: Job
            ) -> RetryDecision | None:
                if isinstance(exception, AgainError):
                    return RetryDecision(retry_in={"seconds": math.ceil(exception.seconds)})
                return None

        app = App(
            connector=PsycopgConnector(
                kwargs=connection_values(self._publication.database),
                min_size=1,
                max_size=self._duty.concurrency + 4,
            )
        )
        self._register(app, ComesBack())
        return app.open_async()

    def _register(self, app: App, comes_back: BaseRetryStrategy) -> None:
        async def deliver(context: Any, /, **values: Any) -> None:
            attempts: int = context.job.attempts
            turn = Turn(self._clock, self._tell, self._stop, self._timing, attempts, self._given_up)
            try:
                shard = self._shard(context.job.id, values)
                if shard.count > 1 and stays_whole(self._publication.config):
                    await self._put_together(app, shard)
                else:
                    await deliver_shard(self._publication, shard, turn)
            except GivenUpError as error:
                if self._duty.once:
                    self._failure = error.error
                raise

        async def tick(timestamp: int) -> None:
            await self._tick()
            await app.job_manager.delete_old_jobs(nb_hours=24 * _KEPT_DAYS, include_failed=True)

        app.task(name=DELIVER, queue=DELIVERIES, retry=comes_back, pass_context=True)(deliver)
        task = app.task(name=TICK, queue=SCHEDULE, lock=SCHEDULE, queueing_lock=SCHEDULE)(tick)
        if self._weekly and not self._duty.once:
            app.periodic(cron=_TICKS)(task)

    def _shard(self, job: int, values: Mapping[str, Any]) -> Shard:
        """What a job is about.

        Raises:
            GivenUpError: its arguments name no shard: another version, or a person, wrote them.
        """
        try:
            return Shard(**values)
        except (TypeError, ValueError):
            error = StoreError(
                f"job {job}: its arguments name no shard of an edition",
                "`digest send --detach` hands over again what is pending.",
            )
        self._say("ended", error.message, error.hint)
        raise GivenUpError(error)

    async def _put_together(self, app: App, shard: Shard) -> None:
        """A rate was set after the edition was cut: it goes on in one piece, so that it holds."""
        from procrastinate.exceptions import AlreadyEnqueued

        with suppress(AlreadyEnqueued):
            await job_of(app, shard.whole).defer_async()
        self._say("done", f"{shard}: goes on as one shard, so that the rate holds")

    async def _tick(self) -> None:
        """Look at the schedule; what stops the edition is said once."""
        try:
            await asyncio.to_thread(
                run_schedule,
                self._publication,
                now=self._clock(),
                tell=self._tell,
                stopping=self._stop.is_set,
            )
        except DigestError as error:
            if self._duty.once:
                self._failure = error
            elif error.message not in self._said:
                self._said.add(error.message)
                self._say("ended", f"schedule: {error.message}", error.hint)
        except Exception as error:
            self._say("ended", f"schedule: a fault of the program ({type(error).__name__})")

    def _say(self, kind: Kind, text: str, hint: str = "") -> None:
        self._tell(Told(kind, "worker", text, hint, {"said": text}))


def _is_from_store(error: Exception) -> bool:
    """Whether the connection to the store failed."""
    import psycopg
    from procrastinate.exceptions import ConnectorException
    from psycopg_pool import PoolTimeout

    return isinstance(error, (ConnectorException, psycopg.Error, PoolTimeout, StoreError))
