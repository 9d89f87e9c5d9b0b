"""Loading a folder of Stable Diffusion 1.5's size: ours against the reference, in turn."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks.conftest import Put
from tests.benchmarks.process import Answering

pytestmark = [
    pytest.mark.bench,
    pytest.mark.full,
    pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="asks Linux for peaks"),
]
ROOT = Path(__file__).resolve().parents[3]
TABLE = "Loading"
SIDES = ("ours", "theirs")


@dataclass(frozen=True)
class Case:
    """What is loaded as what; `cold` where the system must read it from the disk."""

    files: str
    dtype: str
    variant: str = ""
    cold: bool = False

    @property
    def name(self) -> str:
        return f"{self.files} files to {self.dtype}" + (", from disk" if self.cold else "")

    @property
    def converts(self) -> bool:
        return self.files != self.dtype


CASES = (
    Case("float32", "float32"),
    Case("float32", "bfloat16"),
    Case("float16", "float32", "fp16"),
    Case("float16", "bfloat16", "fp16"),
    Case("float16", "float16", "fp16"),
    Case("float32", "float32", cold=True),
    Case("float32", "bfloat16", cold=True),
)


class Side:
    """A process of `child.py`."""

    def __init__(self, who: str, small: Path) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        self._process = Answering(Path(__file__).with_name("child.py"), who, small, env=env)
        self.close = self._process.close

    def load(self, folder: Path, case: Case) -> dict[str, float]:
        """What child.py finds."""
        return self._process.ask((str(folder), case.variant, case.dtype))


@contextmanager
def both_sides(small: Path) -> Iterator[dict[str, Side]]:
    with ExitStack() as stack:
        sides = {who: Side(who, small) for who in SIDES}
        for side in sides.values():
            stack.callback(side.close)
        yield sides


def test_load(large_model: Path, tiny_model: Path, repeats: int, put: Put):
    """Seconds of processor don't count what other programs take; there is one thread.

    Weights may be converted and laid out when they are used first, so that using each part once
    is measured as well. Peaks are resident sets above the libraries, mapped pages that were touched
    included: a file that is used as it lies is in memory once in either.
    """
    with both_sides(tiny_model) as sides:
        for case in CASES:
            found: dict[str, list[dict[str, float]]] = {who: [] for who in SIDES}
            for _ in range(1 if case.cold else repeats):
                for who, side in sides.items():
                    if case.cold:
                        forget(large_model)
                    found[who].append(side.load(large_model, case))
            assert len({one["weights"] for seen in found.values() for one in seen}) == 1
            keep(case, found, put)


def keep(case: Case, found: dict[str, list[dict[str, float]]], put: Put) -> None:
    """The rows of a case."""

    def row(what: str, fields: tuple[str, ...], unit: str, aim: float | None = None) -> None:
        scale = {"s": 1, "MB": 1e6}[unit]
        ours, theirs = ([sum(one[f] for f in fields) / scale for one in s] for s in found.values())
        put(
            TABLE,
            f"{what}: {case.name}",
            statistics.median(ours),
            statistics.median(theirs),
            unit=unit,
            ours_least=min(ours),
            theirs_least=min(theirs),
            aim=aim,
        )

    used = "read" if case.dtype == "float16" else "first use"
    if case.cold:
        row(f"load and {used}, seconds that passed", ("load", "use"), "s")
        return
    row("load", ("work",), "s", 0.7)
    row(f"load and {used}", ("work", "work_use"), "s")
    row("peak", ("peak",), "MB", 0.9 if case.converts else None)


def forget(folder: Path) -> None:
    """Have the system forget what it holds of the weights, so that they come from the disk."""
    for file in folder.rglob("*.safetensors"):
        with file.open("rb+") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
