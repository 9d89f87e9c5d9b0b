"""Peak memory of a step and a decode at Stable Diffusion 1.5's size: ours against the reference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.benchmarks.loading.folder import write_folder
from tests.conftest import write_tokenizer

pytestmark = [
    pytest.mark.bench,
    pytest.mark.full,
    pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="asks Linux for peaks"),
]
ROOT = Path(__file__).resolve().parents[3]
CHILD = Path(__file__).with_name("child.py")
# What is done, ours, and the reference's way to compare with.
CASES = (
    ("step", "plain", "plain"),
    ("step", "saving", "saving"),
    ("step", "2GB", "saving"),
    ("step", "1GB", "saving"),
    ("decode", "plain", "plain"),
    ("decode", "saving", "saving"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of Stable Diffusion 1.5's size; LOOM_BENCH_MODEL names one to use, or to make."""
    named = os.environ.get("LOOM_BENCH_MODEL", "")
    root = Path(named) if named else tmp_path_factory.mktemp("models") / "large"
    if not root.exists():
        words = root.with_name(f"{root.name}-tokenizer")
        write_tokenizer(words, length=77)
        write_folder(root, words)
    return root


def test_peaks(folder: Path):
    """Prints a table; LOOM_BENCH_SIZE is the picture's side, 512 where nothing is said.

    Peaks are resident sets above what the libraries take, weights included. The reference has no
    way to run a model on a CPU that is larger than the memory; its least is shown beside a budget.
    """
    size = os.environ.get("LOOM_BENCH_SIZE", "512")
    table = Table("what", "ours", "MB", "theirs", "MB", "ratio", "work, s", title=f"Peaks, {size}²")
    seen: dict[tuple[str, str, str], dict[str, float]] = {}
    for work, our_way, their_way in CASES:
        for key in (("ours", work, our_way), ("theirs", work, their_way)):
            if key not in seen:
                seen[key] = measure(*key, folder, size)
        ours, theirs = seen["ours", work, our_way], seen["theirs", work, their_way]
        peaks = [found["peak"] / 1e6 for found in (ours, theirs)]
        figures = f"{peaks[0]:.0f}", their_way, f"{peaks[1]:.0f}", f"{peaks[0] / peaks[1]:.2f}"
        table.add_row(work, our_way, *figures, f"{ours['work']:.0f} / {theirs['work']:.0f}")
    print()
    Console(width=100).print(table)
    # Streamed, in slices or in bands: the same numbers, to what a sum of absolutes shows.
    for work in ("step", "decode"):
        sums = [found["sum"] for key, found in seen.items() if key[:2] == ("ours", work)]
        assert max(sums) - min(sums) < 1e-4 * max(sums)


def measure(who: str, work: str, way: str, folder: Path, size: str) -> dict[str, float]:
    """What child.py finds."""
    done = subprocess.run(
        [sys.executable, CHILD, who, folder, work, way, size],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
