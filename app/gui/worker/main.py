"""The worker's process: `python -m app.gui.worker.main`, with pipes for input and output.

It ends when its input does, and so never outlives the editor.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

from app.gui.worker import wire
from app.gui.worker.line import Line
from app.gui.worker.outbox import Outbox
from app.gui.worker.stops import Stops
from app.gui.worker.wire import Message
from engine.graph import events
from engine.graph.errors import LoomError
from engine.runtime.allocator import keep_freed_memory
from engine.runtime.device import numeric_environment

GRACE = 3.0  # seconds for a run to stop when the editor has gone
THREADS = 4
LIBRARIES = ("torch", "transformers", "transformers.models.clip.modeling_clip")
"""What runs import and what takes seconds.

All of it is there before anything runs: transformers puts another module in its place while it is
imported, so that a second thread which imports it meanwhile is left with the first.
"""


def main() -> None:
    """Serve until the editor goes."""
    keep_freed_memory()  # before there are threads
    commands, answers = _pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal is the editor's
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    hello = wire.read(commands)
    if hello is None:
        return
    server = Server(Line(answers, Path(hello["arena"])))
    while (message := wire.read(commands)) is not None:
        server.take(message)
    server.end()
    os._exit(0)  # a node that does not stop must not keep the process


class Server:
    """Takes messages and answers them, once the engine is there."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._outbox = Outbox(lambda told: line.send({"events": told}), self._draw)
        self._stops = Stops()
        self._loaded = threading.Event()
        self._commands: Any = None
        self._runs: Any = None
        self._pool = ThreadPoolExecutor(THREADS, "command")
        logging.getLogger("latent_loom").addHandler(Telling(self._outbox))
        threading.Thread(target=self._measure, name="measure", daemon=True).start()
        threading.Thread(target=self._load, name="load", daemon=True).start()

    def take(self, message: Message) -> None:
        """Begin to do what a message asks; never waits."""
        match message:
            case {"free": offset}:
                self._line.free(offset)
            case {"do": "cancel", "run": run}:
                threading.Thread(target=self._cancel, args=(run, message["id"])).start()
            case {"do": "run", "run": run}:
                self._stops.of(run)  # a cancel may come before the run begins
                # Runs may wait for the device, and must not keep other commands from theirs.
                threading.Thread(target=self._answer, args=(message,), daemon=True).start()
            case _:
                self._pool.submit(self._answer, message)

    def end(self) -> None:
        """Stop what runs."""
        if self._runs is not None:
            self._runs.end(GRACE)

    def _measure(self) -> None:
        """Find out what the machine is best at, if that is not known, before anybody waits."""
        with contextlib.suppress(LoomError):  # whoever needs it will be told
            numeric_environment()

    def _load(self) -> None:
        """Open the registry and the kept results, and import what takes long."""
        try:
            from app.gui.worker.commands import Commands
            from app.gui.worker.work import Engine, Runs
            from app.running import open_cache
            from app.session import open_registry

            engine = Engine(open_registry(), open_cache())
            for name in LIBRARIES:
                with contextlib.suppress(Exception):  # whoever needs it will be told
                    importlib.import_module(name)
            self._runs = Runs(engine, self._outbox, self._stops)
            self._commands = Commands(engine, self._runs, self._line)
        except Exception as error:
            self._line.send({"fatal": _in_words(error)})
            os._exit(1)
        self._loaded.set()
        self._line.send({"ready": os.getpid()})

    def _answer(self, message: Message) -> None:
        self._loaded.wait()
        try:
            answer: Message = {"answer": self._commands(message)}
        except LoomError as error:
            answer = {"error": error_data(error)}
        except Exception as error:  # whatever went wrong, the editor must have an answer
            logging.getLogger("latent_loom").exception("%s failed", message.get("do"))
            answer = {"error": error_data(LoomError(_in_words(error)))}
        self._line.send({"id": message["id"], **answer})

    def _cancel(self, run: str, number: int) -> None:
        if self._runs is not None:
            self._runs.cancel(run)
        else:
            self._stops.cancel(run)
        self._line.send({"id": number, "answer": None})

    def _draw(self, event: events.Preview) -> Message | None:
        """A preview as the event that goes over the line."""
        from app.gui.worker.pictures import tensor_of, to_bytes

        pictures = tensor_of(event.value)
        if pictures is None:
            return None
        shown = self._line.show(to_bytes(pictures[:1])[0])
        return {"event": "preview", "node": event.node, "picture": shown}


class Telling(logging.Handler):
    """Tells the editor what people should know; mistakes of the program stay in the log."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__()
        self._outbox = outbox

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.WARNING:
            said = {"event": "told", "node": "", "run": "", "text": record.getMessage()}
            self._outbox.say(said)


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """Input and output, put where no node that prints or reads can reach them."""
    commands, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    with contextlib.suppress(OSError):
        os.dup2(2, 1)
    return commands, answers


def error_data(error: LoomError) -> Message:
    """An error as it goes over the line."""
    return {
        "reason": error.reason,
        "node": error.node,
        "field": error.field,
        "remedy": error.remedy,
    }


def _in_words(error: BaseException) -> str:
    return str(error) if isinstance(error, LoomError) else f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
