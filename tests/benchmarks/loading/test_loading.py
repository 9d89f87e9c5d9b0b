"""Loading a folder of Stable Diffusion 1.5's size: ours against the reference, in turn."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.benchmarks.loading.folder import write_folder

pytestmark = [
    pytest.mark.bench,
    pytest.mark.full,
    pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="asks Linux for peaks"),
]
ROOT = Path(__file__).resolve().parents[3]
REPEATS = 3
CASES = {
    "float32 files, as they are": ("", "float32", False),
    "float32 files, from disk": ("", "float32", True),
    "fp16 files to float32": ("fp16", "float32", False),
    "float32 files to bfloat16": ("", "bfloat16", False),
    "fp16 files, as they are": ("fp16", "float16", False),
}


@pytest.fixture(scope="module")
def large_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models") / "large"
    write_folder(root, tiny_model / "tokenizer")
    return root


def test_loading_beside_the_reference(large_model: Path, tiny_model: Path):
    """Prints a table; `load` and `read` are apart because what is mapped is read when it is used.

    Peaks are resident sets: mapped pages that were touched and libraries included. Converted
    weights have to be somewhere, so that 1.0 of the weights above the libraries is the least there
    is; as they are, they cost nothing until they are read, and then as much in either. Seconds of
    processor don't count what other programs take; there is one thread, since several that wait for
    one another count as working.
    """
    table = Table("files", "what", "ours", "theirs", "ratio", title="Loading SD 1.5's size")
    for case, (variant, dtype, cold) in CASES.items():
        seen: dict[str, list[dict[str, float]]] = {"ours": [], "theirs": []}
        for _ in range(REPEATS):
            for who, found in seen.items():
                if cold:
                    forget(large_model)
                found.append(measure(who, large_model, variant, dtype, tiny_model))
        ours, theirs = (median(found) for found in seen.values())
        assert ours.pop("weights") == theirs.pop("weights")
        for what, value in ours.items():
            figures = f"{value:.2f}", f"{theirs[what]:.2f}", f"{value / theirs[what]:.2f}"
            table.add_row(case, what, *figures)
            case = ""
        table.add_section()
    print()
    Console(width=100).print(table)


def measure(who: str, folder: Path, variant: str, dtype: str, small: Path) -> dict[str, float]:
    """What child.py finds, in seconds and MB."""
    child = Path(__file__).with_name("child.py")
    done = subprocess.run(
        [sys.executable, child, who, folder, variant, dtype, small],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    base, loaded, read, weights = (
        found[name] / 1e6 for name in ("base", "peak", "peak_read", "weights")
    )
    return {
        "import, s": found["import"],
        "load, s": found["load"],
        "load and read, s": found["load"] + found["read"],
        "load, s of processor": found["work"],
        "load and read, s of processor": found["work"] + found["work_read"],
        "peak loaded, MB": loaded,
        "peak loaded, MB above the libraries": loaded - base,
        "peak loaded above the libraries, of the weights": (loaded - base) / weights,
        "peak read, MB": read,
        "peak read, MB above the libraries": read - base,
        "weights": found["weights"],
    }


def median(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def forget(folder: Path) -> None:
    """Have the system forget what it holds of the weights, so that they come from the disk."""
    for file in folder.rglob("*.safetensors"):
        with file.open("rb+") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
