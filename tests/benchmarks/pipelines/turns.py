"""Both sides in turn: while one works the other waits, so that both meet the same machine."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tests.benchmarks.process import Answering

ROOT = Path(__file__).resolve().parents[3]
SIDES = ("ours", "theirs")
PLACES = {"cpu": "the CPU", "cuda": "a graphics card"}  # as tables call them


@dataclass(frozen=True)
class Turns:
    """Seconds of each side's turns, and the whole answer of each side's last one."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    last: Mapping[str, Mapping[str, Any]]

    @property
    def peaks(self) -> dict[str, float]:
        """The most bytes that each side had by the end."""
        return {who: answer["peak"] for who, answer in self.last.items()}

    def median(self, side: str) -> float:
        return statistics.median(getattr(self, side))

    def least(self, side: str) -> float:
        return min(getattr(self, side))


def waiting() -> dict[str, str]:
    """Threads that wait for one another must not count as working where work is counted."""
    worked = os.environ.get("LOOM_BENCH_CLOCK") == "worked"
    return {"OMP_WAIT_POLICY": "passive"} if worked else {}


class Worker:
    """A process of `worker.py`."""

    def __init__(self, who: str, folder: Path, device: str, dtype: str) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "LOOM_ATTENTION": "", **waiting()}
        program = Path(__file__).with_name("worker.py")
        self._process = Answering(program, who, folder, device, dtype, env=env)
        self.close = self._process.close

    def do(self, task: str, save: Path | None = None, **settings: Any) -> dict[str, Any]:
        """What a turn took, see worker.py."""
        return self._process.ask(
            {"task": task, "settings": settings, "save": str(save) if save else ""}
        )


class Pair:
    """A worker of each side over the same weights, on a device, in a dtype."""

    def __init__(self, folder: Path, device: str, dtype: str, stack: ExitStack) -> None:
        self.device, self.dtype = device, dtype
        self.workers: dict[str, Worker] = {}
        for who in SIDES:
            self.workers[who] = Worker(who, folder, device, dtype)
            stack.callback(self.workers[who].close)

    def in_turn(self, task: str, repeats: int, warm: int = 1, **settings: Any) -> Turns:
        """`repeats` turns of each side after `warm` that don't count.

        In a setting that is a list each turn takes its own element, the warm ones first.
        """
        seconds: dict[str, list[float]] = {who: [] for who in SIDES}
        last: dict[str, dict[str, Any]] = {}
        for turn in range(warm + repeats):
            now = {k: v[turn] if isinstance(v, list) else v for k, v in settings.items()}
            for who, worker in self.workers.items():
                last[who] = worker.do(task, **now)
                if turn >= warm:
                    seconds[who].append(last[who]["seconds"])
        return Turns(tuple(seconds["ours"]), tuple(seconds["theirs"]), last)

    def difference(self, folder: Path, task: str, **settings: Any) -> float:
        """How far ours is from theirs at most, relative to theirs' largest number."""
        results = {}
        for who, worker in self.workers.items():
            worker.do(task, save=folder / f"{who}.pt", **settings)
            results[who] = torch.load(folder / f"{who}.pt", weights_only=True)
        off = (results["ours"] - results["theirs"]).abs().max() / results["theirs"].abs().max()
        return float(off)


@contextmanager
def pair(folder: Path, device: str, dtype: str) -> Iterator[Pair]:
    """Both workers, which end with the `with` block."""
    with ExitStack() as stack:
        yield Pair(folder, device, dtype, stack)
