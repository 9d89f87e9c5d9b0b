"""What benchmarks share: sizes, a large model, and where rows are kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.benchmarks.loading.folder import write_folder
from tests.benchmarks.pipelines.results import COLUMNS, Row, keep
from tests.conftest import write_tokenizer

Put = Callable[..., None]


@pytest.fixture(scope="session")
def size() -> int:
    """Pixels along a side: 512, or what LOOM_BENCH_SIZE says."""
    return int(os.environ.get("LOOM_BENCH_SIZE", "512"))


@pytest.fixture(scope="session")
def repeats() -> int:
    """Turns of each side: 3, or what LOOM_BENCH_REPEATS says."""
    return int(os.environ.get("LOOM_BENCH_REPEATS", "3"))


@pytest.fixture(scope="session")
def large_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of Stable Diffusion 1.5's size; LOOM_BENCH_MODEL names one to use, or to make."""
    named = os.environ.get("LOOM_BENCH_MODEL", "")
    root = Path(named) if named else tmp_path_factory.mktemp("models") / "large"
    if not root.exists():
        words = root.with_name(f"{root.name}-tokenizer")
        write_tokenizer(words, length=77)
        write_folder(root, words)
    return root


@pytest.fixture(scope="module")
def put() -> Iterator[Put]:
    """Takes the fields of a row, and keeps it; a file's rows are shown when its tests are done.

    With LOOM_BENCH_KEEP=0 they are shown alone.
    """
    rows: list[Row] = []

    def one(*args: object, **fields: object) -> None:
        rows.append(Row(*args, **fields))  # type: ignore[arg-type]
        if os.environ.get("LOOM_BENCH_KEEP", "1") != "0":
            keep(rows[-1:])

    yield one
    if not rows:
        return
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*row.cells())
    print()
    Console(width=140).print(table)
