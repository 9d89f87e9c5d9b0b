"""A step, a decode and a prompt, ours against the reference, with what the arithmetic allows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.runtime.packing import can_pack
from tests.benchmarks.pipelines.conftest import Put
from tests.benchmarks.pipelines.limits import DECODE_512, STEP_512, rates
from tests.benchmarks.pipelines.turns import Pair, Turns, pair

pytestmark = [pytest.mark.bench, pytest.mark.full]
STEP_AIM = {"float32": 0.92, "bfloat16": 0.80}
DECODE_AIM = {"float32": 0.92, "bfloat16": None}
TABLE = "Parts on the CPU"


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def both(request: pytest.FixtureRequest, large_model: Path) -> Iterator[tuple[str, Pair]]:
    dtype: str = request.param
    if not can_pack(getattr(torch, dtype)):
        pytest.skip(f"this processor has no {dtype}")
    with pair(large_model, "cpu", dtype) as found:
        yield dtype, found


def fields(turns: Turns) -> dict[str, float]:
    return {
        "ours": turns.median("ours"),
        "theirs": turns.median("theirs"),
        "ours_least": turns.least("ours"),
        "theirs_least": turns.least("theirs"),
    }


def test_step(both: tuple[str, Pair], size: int, repeats: int, put: Put, tmp_path: Path):
    dtype, found = both
    turns = found.in_turn("step", repeats, size=size)
    off = found.difference(tmp_path, "step", size=size)
    what = f"UNet step with guidance, {size}², {dtype}"
    put(TABLE, what, **fields(turns), aim=STEP_AIM[dtype], difference=off)


def test_decode(both: tuple[str, Pair], size: int, repeats: int, put: Put, tmp_path: Path):
    dtype, found = both
    turns = found.in_turn("decode", repeats, size=size)
    off = found.difference(tmp_path, "decode", size=size)
    what = f"VAE decode, {size}², {dtype}"
    put(TABLE, what, **fields(turns), aim=DECODE_AIM[dtype], difference=off)


def test_text(both: tuple[str, Pair], repeats: int, put: Put, tmp_path: Path):
    dtype, found = both
    turns = found.in_turn("text", 5 * repeats)
    off = found.difference(tmp_path, "text")
    put(TABLE, f"two prompts encoded, {dtype}", **fields(turns), difference=off)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_limit(dtype: str, put: Put):
    """What the fastest product of the machine would take for a step and a decode, all else free."""
    if not can_pack(getattr(torch, dtype)):
        pytest.skip(f"this processor has no {dtype}")
    found = rates(getattr(torch, dtype), "cpu")
    fastest = max(found.values())
    for what, rate in found.items():
        put(TABLE, f"limit: {what}, {dtype}", rate / 1e9, unit="GFLOP/s")
    put(TABLE, f"limit: UNet step with guidance, 512², {dtype}", STEP_512 / fastest)
    put(TABLE, f"limit: VAE decode, 512², {dtype}", DECODE_512 / fastest)
