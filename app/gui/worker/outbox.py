"""What waits to be told to the editor: a few batches a second, however much happens."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from app.gui.worker.wire import Message
from engine.graph import events

INTERVAL = 1 / 30  # seconds between batches

Send = Callable[[list[Message]], None]
Draw = Callable[[events.Preview], Message | None]


class Outbox:
    """Collects events from any thread and sends them in batches from a thread of its own.

    Of progress and previews only the newest of each node waits. `draw` makes a message of a
    preview, only of those that are sent; None where it is no picture.
    """

    def __init__(self, send: Send, draw: Draw) -> None:
        self._send, self._draw = send, draw
        self._waiting: OrderedDict[object, tuple[events.Event | None, Message]] = OrderedDict()
        self._changed = threading.Condition()
        self._pause = threading.Event()
        threading.Thread(target=self._work, name="outbox", daemon=True).start()

    def emit(self, event: events.Event, run: str, **more: object) -> None:
        """Put in an event of a run; never waits."""
        newest_only = isinstance(event, events.Progress | events.Preview)
        key: object = (type(event), run, event.node) if newest_only else object()
        if isinstance(event, events.Preview):
            self._put(key, event, {"run": run})
        else:
            self._put(key, None, {**event.as_data(), "run": run, **more})

    def say(self, message: Message) -> None:
        """Put in something else that happened."""
        self._put(object(), None, message)

    def _put(self, key: object, event: events.Event | None, message: Message) -> None:
        with self._changed:
            # A replaced event moves to the end, so that nothing is told before its cause.
            self._waiting.pop(key, None)
            self._waiting[key] = event, message
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                batch = list(self._waiting.values())
                self._waiting.clear()
            told: list[Message] = []
            for event, message in batch:
                if isinstance(event, events.Preview):
                    if drawn := self._draw(event):
                        told.append({**message, **drawn})
                else:
                    told.append(message)
            if told:
                self._send(told)
            self._pause.wait(INTERVAL)
