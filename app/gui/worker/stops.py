"""Which runs were asked to stop."""

from __future__ import annotations

import threading


class Stops:
    """A stop for each run that is asked for, from before it begins until it is over."""

    def __init__(self) -> None:
        self._stops: dict[str, threading.Event] = {}
        self._lock = threading.Lock()
        self._ending = False

    def of(self, run: str, stop: threading.Event | None = None) -> threading.Event:
        """The stop of a run; `stop` is the one to use where there is none yet."""
        with self._lock:
            found = self._stops.setdefault(run, stop or threading.Event())
        if self._ending:
            found.set()
        return found

    def cancel(self, run: str) -> None:
        """Stop a run; nothing where there is none."""
        with self._lock:
            if stop := self._stops.get(run):
                stop.set()

    def forget(self, run: str) -> None:
        """A run is over."""
        with self._lock:
            self._stops.pop(run, None)

    def end(self) -> None:
        """Stop all runs, and those that come."""
        with self._lock:
            self._ending = True
            for stop in self._stops.values():
                stop.set()
