"""Relays side by side, one for each channel: a slow system holds nothing but its own messages."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from deflect_api.delivery import channels
from deflect_api.delivery.relay import Handler, Probe, Relay, utc_now
from deflect_api.store.db import Database


class Lanes:
    """One relay for each channel and one for our own work, each in a thread: a slow system holds nothing but its own."""

    def __init__(self, relays: Sequence[Relay]) -> None:
        self.relays = relays

    def wake(self) -> None:
        for relay in self.relays:
            relay.wake()

    def start(self) -> list[threading.Thread]:
        return [relay.start() for relay in self.relays]

    def stop(self) -> None:
        for relay in self.relays:
            relay.stop()

    def run(self) -> None:
        """Work until stopped."""
        for thread in self.start():
            thread.join()


def make_lanes(
    database: Database,
    handlers: Mapping[str, Handler],
    clock: Callable[[], datetime] = utc_now,
    *,
    probes: Mapping[str, Probe],
) -> Lanes:
    """Divide the kinds of message among lanes. A kind that nothing here delivers goes to the lane of our own work."""
    relays = [
        Relay(database, handlers, clock, kinds=frozenset(kinds), probes={name: probes[name]} if name in probes else None)
        for name, kinds in channels.CHANNELS.items()
    ]
    theirs = frozenset(kind for kinds in channels.CHANNELS.values() for kind in kinds)
    return Lanes([*relays, Relay(database, handlers, clock, besides=theirs)])
