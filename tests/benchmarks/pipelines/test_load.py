"""From a model's folder to modules whose weights have been read, ours against the reference."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from tests.benchmarks.conftest import Put
from tests.benchmarks.loading.test_loading import measure

pytestmark = [pytest.mark.bench, pytest.mark.full]
TABLE = "Loading"
FIGURES = {
    "load, s of processor": ("s", 0.7),
    "load and read, s of processor": ("s", None),
    "peak read, MB above the libraries": ("MB", 0.9),
}


@pytest.mark.parametrize(
    ("variant", "dtype"), [("", "float32"), ("", "bfloat16"), ("fp16", "float32")]
)
def test_load(
    large_model: Path, tiny_model: Path, repeats: int, put: Put, variant: str, dtype: str
):
    """`read` because weights that are mapped cost nothing before; one thread, in turn."""
    found: dict[str, list[dict[str, float]]] = {"ours": [], "theirs": []}
    for _ in range(repeats):
        for who, seen in found.items():
            seen.append(measure(who, large_model, variant, dtype, tiny_model))
    for what, (unit, aim) in FIGURES.items():
        ours, theirs = ([one[what] for one in seen] for seen in found.values())
        put(
            TABLE,
            f"{what.partition(',')[0]}: {variant or 'float32'} files to {dtype}",
            statistics.median(ours),
            statistics.median(theirs),
            unit=unit,
            ours_least=min(ours),
            theirs_least=min(theirs),
            aim=aim,
        )
