"""Peak memory of a step and a decode at Stable Diffusion 1.5's size: ours against the reference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.conftest import Put

pytestmark = [
    pytest.mark.bench,
    pytest.mark.full,
    pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="asks Linux for peaks"),
]
ROOT = Path(__file__).resolve().parents[3]
CHILD = Path(__file__).with_name("child.py")
TABLE = "Peak memory on the CPU, float32"
# What is done, ours, and the reference's way to compare with.
CASES = (
    ("step", "plain", "plain"),
    ("step", "saving", "saving"),
    ("step", "2GB", "saving"),
    ("step", "1GB", "saving"),
    ("decode", "plain", "plain"),
    ("decode", "saving", "saving"),
)


def test_peaks(large_model: Path, size: int, put: Put):
    """Peaks are resident sets above what the libraries take, weights included.

    Each is that of a process of its own. The reference has no way to run a model on a CPU that is
    larger than the memory; its least is shown beside a budget.
    """
    seen: dict[tuple[str, str, str], dict[str, float]] = {}
    for work, our_way, their_way in CASES:
        for key in (("ours", work, our_way), ("theirs", work, their_way)):
            if key not in seen:
                seen[key] = measure(*key, large_model, size)
        ours, theirs = seen["ours", work, our_way], seen["theirs", work, their_way]
        peaks = ours["peak"] / 1e9, theirs["peak"] / 1e9
        slower = ours["seconds"] / theirs["seconds"]
        note = f"{slower:.2f} of the time, loading included"
        put(TABLE, f"{work}, {our_way}, {size}²", *peaks, unit="GB", aim=0.9, note=note)
    # Streamed, in slices or in bands: the same numbers, to what a sum of absolutes shows.
    for work in ("step", "decode"):
        sums = [found["sum"] for key, found in seen.items() if key[:2] == ("ours", work)]
        assert max(sums) - min(sums) < 1e-4 * max(sums)


def measure(who: str, work: str, way: str, folder: Path, size: int) -> dict[str, float]:
    """What child.py finds."""
    done = subprocess.run(
        [sys.executable, CHILD, who, folder, work, way, str(size)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
