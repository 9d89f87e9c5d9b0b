"""The editor's end of the line to the worker: it starts it, asks, listens, and starts it again."""

from __future__ import annotations

import itertools
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app.gui.language import tr
from app.gui.slices import SLICE
from app.gui.worker.answers import Answer
from app.gui.worker.process import Process
from engine.graph.errors import LoomError

State = Literal["off", "starting", "ready"]
TRIES = 2  # so often a worker that never got ready is started again by itself


class Worker(QObject):
    """The worker process, started by the first thing that is asked of it or by `start`.

    Everything returns at once. When the process dies, whatever waited for an answer fails, `died`
    says why in a sentence, and another process is started.
    """

    ready = Signal()
    """The engine is loaded; also after each start anew."""
    event = Signal(object)
    """Something happened in a run: a dictionary with `event`, `run`, `node` and more."""
    preview = Signal(str, str, QImage)
    """A picture forms: run, node, the newest picture."""
    died = Signal(str)
    """The process ended by itself: a sentence for people."""
    state_changed = Signal(str)
    """The state is another: `off`, `starting`, `ready`."""
    _stirred = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: Process | None = None
        self._state: State = "off"
        self._waiting: dict[int, Answer] = {}
        self._numbers = itertools.count(1)
        self._failures = 0
        self._fatal = ""
        self._is_ended = False
        self._come: deque[Mapping[str, Any]] = deque()
        self._rest = QTimer(self, singleShot=True, interval=1)
        self._rest.timeout.connect(self._hand_on)
        self._stirred.connect(self._take)

    @property
    def state(self) -> State:
        """Whether it is there, and ready."""
        return self._state

    @property
    def is_stuck(self) -> bool:
        """Whether it could not be started, and is only by what is asked next."""
        return self._state == "off" and (bool(self._fatal) or self._failures > TRIES)

    @property
    def pid(self) -> int:
        """The process, 0 for none."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the process, if it is not there."""
        if self._process is None:
            self._fatal = ""
            self._process = Process(self._stir)
            self._set_state("starting")

    def restart(self) -> None:
        """End the process at once, whatever hangs in it, and start another."""
        if self._process:
            self._is_ended = True
            self._process.kill()
        else:
            self.start()

    def close(self, seconds: float = 0.0) -> None:
        """Let the process end, which puts what ran back into the queue; wait so long for it."""
        process, self._process = self._process, None
        self._come.clear()
        self._set_state("off")
        if process:
            process.close(seconds)
        self._fail(tr("The editor is closing."))

    def ask(self, command: str, **arguments: Any) -> Answer:
        """Ask for something; what comes of it is told to the answer's `then`.

        A Graph among the arguments goes as the JSON of a workflow.
        """
        self.start()
        number = next(self._numbers)
        answer = self._waiting[number] = Answer()
        if self._process:
            self._process.send({"id": number, "do": command, **arguments})
        return answer

    def _stir(self) -> None:
        """In the reader's thread: something waits to be taken."""
        try:
            self._stirred.emit()
        except RuntimeError:  # the window was closed meanwhile
            return

    def _take(self) -> None:
        """Take what has come, after what came before it."""
        if self._process is None:
            return
        for message in self._process.arrived():
            if events := message.get("events"):
                self._come.extend({"event": event} for event in events)
            else:
                self._come.append(message)
        self._hand_on()

    def _hand_on(self) -> None:
        """Hand on what has come, of previews only the newest of each node; of much a part."""
        until = time.thread_time() + SLICE
        previews: OrderedDict[tuple[str, str], QImage] = OrderedDict()
        while self._come:
            if time.thread_time() > until:
                self._rest.start()
                break
            match self._come.popleft():
                case {"event": event}:
                    if event["event"] == "preview":
                        previews[event["run"], event["node"]] = event["picture"]
                    else:
                        self._show(previews, event)
                        self.event.emit(event)
                case {"id": number, "answer": value}:
                    self._waiting.pop(number).settle(value)
                case {"id": number, "error": error}:
                    reason = error.pop("reason")
                    self._waiting.pop(number).fail(LoomError(reason, **error))
                case {"ready": _}:
                    self._failures = 0
                    self._set_state("ready")
                    self.ready.emit()
                case {"fatal": reason}:
                    self._fatal = reason
                case {"gone": code}:
                    self._mourn(code)
                    return
                case _:
                    pass
        self._show(previews)

    def _show(
        self,
        previews: OrderedDict[tuple[str, str], QImage],
        before: Mapping[str, Any] | None = None,
    ) -> None:
        """Show previews; those of one node before what happens at it next, or all."""
        for (run, node), image in list(previews.items()):
            if before is None or before["node"] in (node, ""):
                del previews[run, node]
                self.preview.emit(run, node, image)

    def _mourn(self, code: int | None) -> None:
        """The process ended by itself."""
        self._process = None
        self._come.clear()
        was_ready = self._state == "ready"
        self._set_state("off")
        said = self._fatal or _in_words(code)
        if self._is_ended:
            said = tr("The process that runs workflows was ended.")
        self._is_ended = False
        self._failures += not was_ready
        goes_on = self._failures <= TRIES and not self._fatal
        if goes_on:
            said += " " + tr("It is started again.")
        self._fail(said)
        self.died.emit(said)
        if goes_on:
            self.start()

    def _fail(self, said: str) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.fail(LoomError(said))

    def _set_state(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _in_words(code: int | None) -> str:
    """Why a process ended by itself, from its exit code."""
    if code is None:
        return tr("The process that runs workflows could not be started.")
    if code == -9:
        return tr(
            "The process that runs workflows was ended by the system, "
            "most likely because memory ran out."
        )
    return tr("The process that runs workflows ended unexpectedly (code {}).").format(code)
