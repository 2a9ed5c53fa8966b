"""The relay carries out what is owed: claim in one transaction, call with none open, settle in another."""

import logging
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from deflect_api.delivery import channels, outbox
from deflect_api.delivery.work import Done, Handler
from deflect_api.errors import DeflectError, DeliveryError, PermanentFailure, TemporaryFailure, Unavailable, UnknownOutcome
from deflect_api.store.db import Database
from deflect_api.store.models import Message

__all__ = ["Done", "Handler", "Relay", "utc_now"]
log = logging.getLogger("deflect.relay")
IDLE_SECONDS = 1.0
JUMP_SECONDS, UNSURE_SECONDS = 5.0, 60.0  # what is in flight is over in less: see forward.SECONDS
SETTLE_TRIES = 100


Probe = Callable[[], object]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Relay:
    """Runs handlers by message kind until it is stopped, or those of `kinds` alone. `wake()` makes it look at once.

    `probes` try whether a channel answers that did not. `ticks` are seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        clock: Callable[[], datetime] = utc_now,
        *,
        idle: float = IDLE_SECONDS,
        kinds: frozenset[str] | None = None,
        besides: frozenset[str] = frozenset(),
        probes: Mapping[str, Probe] | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.database = database
        self.kinds = kinds
        self.besides = besides
        self.probes = dict(probes or {})
        self.handlers = handlers
        self.clock = clock
        self.ticks = ticks
        self.idle = idle
        self.worker = f"{_host()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._left_off = False
        self._chance = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._away: float | None = None  # how far the clock is from one that nobody sets
        self._unsure_until = ticks()
        self._wake = threading.Event()
        self._stop = threading.Event()

    def wake(self) -> None:
        self._wake.set()

    def start(self) -> threading.Thread:
        """Run in a thread of this process."""
        thread = threading.Thread(target=self.run, name="relay", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()

    def run(self) -> None:
        """Work until stopped. Neither a database that is down for a while nor a defect of ours ends the relay."""
        self._take_over()
        while not self._stop.is_set():
            try:
                self._notice_jump()
                worked = self.run_once()
            except Unavailable as error:
                log.warning("event=relay_waits reason=%r", error.detail)
                worked = 0
            except Exception:
                log.exception("event=relay_defect")
                worked = 0
            if not worked:
                self._wake.wait(self.idle)
                self._wake.clear()

    def run_once(self) -> int:
        """Carry out what is due now; return how many messages were tried."""
        now, left_off, self._left_off = self.clock(), self._left_off, True
        with self.database.write() as session:
            if left_off:  # the answer to a claim or to a record was lost, so a lease may be ours that nobody works on
                outbox.free(session, now, is_gone=self.worker.__eq__)
            outbox.shorten(session, now)
            outbox.replan(session, now)
            probed = channels.take_probe(session, now, tuple(self.probes)) if self.probes else ""
            held = channels.held(session, now)
            # One at a time: a lease covers one call, however slow the one before it was.
            besides, sure = {*held, *self.besides}, self.ticks() >= self._unsure_until
            claimed = outbox.claim(session, now, worker=self.worker, most=1, kinds=self.kinds, besides=besides, take_over=sure)
        opened = bool(probed) and self._probe(probed)
        for message in claimed:
            self._carry_out(message)
        self._left_off = False
        return len(claimed) + opened

    def _notice_jump(self) -> None:
        """After the clock was put forward, leases look as if they had run out: for a while nobody's are taken over."""
        away = self.clock().timestamp() - self.ticks()
        if self._away is not None and away - self._away > JUMP_SECONDS:
            self._unsure_until = self.ticks() + UNSURE_SECONDS
            log.warning("event=clock_jumped seconds=%d", away - self._away)
        self._away = away

    def _probe(self, name: str) -> bool:
        """Ask a channel that did not answer, and open it when it does; tell whether it did."""
        try:
            self.probes[name]()
        except (DeliveryError, Unavailable) as error:
            with self.database.write() as session:
                channels.probe_failed(session, name, error.detail)
            return False
        with self.database.write() as session:
            channels.opened(session, name, self.clock())
        return True

    def _take_over(self) -> None:
        """Free what workers of this machine held that were killed; those of other machines are freed by time."""
        try:
            with self.database.write() as session:
                freed = outbox.free(session, self.clock(), is_gone=_is_gone)
        except Unavailable:
            return
        except Exception:
            log.exception("event=relay_defect")
            return
        if freed:
            log.info("event=took_over messages=%d", freed)

    def _carry_out(self, message: Message) -> None:
        if message.attempts > outbox.MOST_ATTEMPTS or self._kills(message):
            self._park(message, "each worker that tried it died")
            log.error("event=waiting_for_human message=%s kind=%s", message.id, message.kind)
            return
        try:
            done = self._handler(message.kind)(message)
        except (TemporaryFailure, Unavailable) as error:
            self._postpone(message, error, retry_after=getattr(error, "retry_after", None))
        except UnknownOutcome as error:
            self._postpone(message, error, retry_after=error.retry_after, unknown=True)
        except DeflectError as error:
            self._park(message, error.detail)
            log.error("event=waiting_for_human message=%s kind=%s", message.id, message.kind)
        except Exception as error:
            self._park(message, f"a defect in our own code: {type(error).__name__}")
            log.exception("event=handler_defect message=%s kind=%s", message.id, message.kind)
        else:
            self._conclude(message, done)

    def _kills(self, message: Message) -> bool:
        if message.attempts <= outbox.MOST_LOST:
            return False
        with self.database.read() as session:
            return outbox.times_lost(session, message) >= outbox.MOST_LOST

    def _handler(self, kind: str) -> Handler:
        if kind not in self.handlers:
            raise PermanentFailure(f"nothing here knows how to deliver {kind!r}")
        return self.handlers[kind]

    def _conclude(self, message: Message, done: Done) -> None:
        try:
            self._settle(message, lambda session, row: self._done(session, row, done))
        except Unavailable:
            raise
        except Exception as error:
            self._park(message, f"carried out, but a defect in our own code kept it from being recorded: {type(error).__name__}")
            log.exception("event=record_defect message=%s kind=%s", message.id, message.kind)

    def _done(self, session: Session, row: Message, done: Done) -> None:
        outbox.settle(session, row, self.clock(), detail=done.detail)
        channels.worked(session, row, self.clock())
        if done.record:
            done.record(session)

    def _park(self, message: Message, detail: str) -> None:
        self._settle(message, lambda session, row: outbox.park(session, row, self.clock(), detail=detail))

    def _postpone(self, message: Message, error: DeflectError, retry_after: float | None = None, **how: Any) -> None:
        pause = outbox.pause_before(message.attempts, retry_after, self._chance)

        def put_back(session: Session, row: Message) -> None:
            now = self.clock()
            outbox.postpone(session, row, now, detail=error.detail, pause=pause, **how)
            if isinstance(error, DeliveryError):
                channels.failed(session, row, error, now)

        self._settle(message, put_back)
        log.warning("event=postponed message=%s kind=%s seconds=%d", message.id, message.kind, pause.total_seconds())

    def _settle(self, message: Message, verdict: Callable[[Session, Message], None]) -> None:
        """Record how it ended. A database that is away is waited for while the lease holds, so that nothing is sent again."""
        for _ in range(SETTLE_TRIES):
            try:
                return self._settle_now(message, verdict)
            except Unavailable:
                if not message.leased_until or self.clock() >= message.leased_until or self._stop.wait(self.idle):
                    raise
        return self._settle_now(message, verdict)

    def _settle_now(self, message: Message, verdict: Callable[[Session, Message], None]) -> None:
        with self.database.write() as session:
            row = outbox.still_ours(session, message, self.worker)
            if row is None:
                log.warning("event=lease_lost message=%s kind=%s", message.id, message.kind)
                return
            verdict(session, row)


def _host() -> str:
    return socket.gethostname()[:40]


def _is_gone(worker: str) -> bool:
    host, _, rest = worker.partition(":")
    pid = rest.partition(":")[0]
    return host == _host() and pid.isdigit() and not _is_running(int(pid))


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # asks only; /proc is not everywhere, and without it every worker would look gone
    except ProcessLookupError:
        return False
    except OSError:  # there is one, of somebody else
        return True
    return True
