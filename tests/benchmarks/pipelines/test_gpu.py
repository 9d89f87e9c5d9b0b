"""A step on a graphics card in bfloat16: eager, with xFormers, and compiled."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
import torch

from tests.benchmarks.conftest import Put
from tests.benchmarks.pipelines.test_parts import fields
from tests.benchmarks.pipelines.turns import pair

pytestmark = [
    pytest.mark.bench,
    pytest.mark.full,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device"),
]
TABLE = "A UNet step with guidance on a graphics card, bfloat16"
AIMS = {"": 0.9, "xformers": 0.9, "compiled": 1.0}


@pytest.mark.parametrize("way", AIMS)
def test_step_on_a_card(
    way: str,
    large_model: Path,
    size: int,
    repeats: int,
    put: Put,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """The first turn of each side is the row of compiling, where something is compiled."""
    if way == "xformers" and importlib.util.find_spec("xformers") is None:
        pytest.skip("xFormers is not installed")
    if way == "compiled":
        monkeypatch.setitem(os.environ, "LOOM_COMPILE", "1")
    with pair(large_model, "cuda", "bfloat16") as found:
        first = found.in_turn("step", 1, warm=0, size=size, way=way)
        turns = found.in_turn("step", 5 * repeats, size=size, way=way)
        off = found.difference(tmp_path, "step", size=size, way=way)
        name = way or "eager"
        put(TABLE, f"{name}, {size}²", **fields(turns), aim=AIMS[way], difference=off)
        put(TABLE, f"{name}, most memory", *(turns.peaks[w] / 1e9 for w in turns.peaks), unit="GB")
        if way == "compiled":
            put(TABLE, "the first step, which compiles", first.ours[0], first.theirs[0], aim=0.5)
