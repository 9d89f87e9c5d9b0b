"""A step on a graphics card: eager in two precisions, with xFormers, compiled, and as a graph."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
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
TABLE = "A UNet step with guidance on a graphics card"
WARM = 3  # turns in which kernels are chosen, and a graph is captured


@dataclass(frozen=True)
class Way:
    """How both sides compute a step, and the variable that has ours do so."""

    name: str = ""
    dtype: str = "bfloat16"
    variable: str = ""
    aim: float | None = 0.9


WAYS = {
    "eager, bfloat16": Way(),
    "eager, float16": Way(dtype="float16"),
    "xFormers, bfloat16": Way("xformers"),
    "compiled, bfloat16": Way("compiled", variable="LOOM_COMPILE", aim=1.0),
    # The reference has none of its own.
    "CUDA graphs against eager, bfloat16": Way("graphs", variable="LOOM_CUDA_GRAPHS", aim=None),
}


@pytest.mark.parametrize("words", WAYS)
def test_step_on_a_card(
    words: str,
    large_model: Path,
    size: int,
    repeats: int,
    put: Put,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """The first turn of each side is the row of compiling, where something is compiled."""
    way = WAYS[words]
    if way.name == "xformers" and importlib.util.find_spec("xformers") is None:
        pytest.skip("xFormers is not installed")
    if way.variable:
        monkeypatch.setitem(os.environ, way.variable, "1")
    with pair(large_model, "cuda", way.dtype) as found:
        first = found.in_turn("step", 1, warm=0, size=size, way=way.name)
        turns = found.in_turn("step", 5 * repeats, warm=WARM, size=size, way=way.name)
        off = found.difference(tmp_path, "step", size=size, way=way.name)
        put(TABLE, f"{words}, {size}²", **fields(turns), aim=way.aim, difference=off)
        peaks = (turns.peaks[who] / 1e9 for who in turns.peaks)
        put(TABLE, f"{words}, most memory", *peaks, unit="GB")
        if way.name == "compiled":
            put(TABLE, "the first step, which compiles", first.ours[0], first.theirs[0], aim=0.5)
