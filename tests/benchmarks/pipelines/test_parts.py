"""A step, a decode and a prompt, ours against the reference, with what the arithmetic allows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.benchmarks.conftest import Put
from tests.benchmarks.pipelines.limits import DECODE_512, STEP_512, rates
from tests.benchmarks.pipelines.turns import PLACES, Pair, Turns

pytestmark = [pytest.mark.bench, pytest.mark.full]
STEP_AIM = {("cpu", "float32"): 0.92, ("cpu", "bfloat16"): 0.80, ("cuda", "bfloat16"): 0.9}
DECODE_AIM = {("cpu", "float32"): 0.92, ("cuda", "bfloat16"): 0.9}


def fields(turns: Turns) -> dict[str, float]:
    return {
        "ours": turns.median("ours"),
        "theirs": turns.median("theirs"),
        "ours_least": turns.least("ours"),
        "theirs_least": turns.least("theirs"),
    }


def table(device: str) -> str:
    return f"Parts on {PLACES[device]}"


def test_step(both: Pair, size: int, repeats: int, put: Put, tmp_path: Path):
    turns = both.in_turn("step", repeats, size=size)
    off = both.difference(tmp_path, "step", size=size)
    aim = STEP_AIM.get((both.device, both.dtype))
    what = f"UNet step with guidance, {size}², {both.dtype}"
    put(table(both.device), what, **fields(turns), aim=aim, difference=off)


def test_decode(both: Pair, size: int, repeats: int, put: Put, tmp_path: Path):
    turns = both.in_turn("decode", repeats, size=size)
    off = both.difference(tmp_path, "decode", size=size)
    aim = DECODE_AIM.get((both.device, both.dtype))
    what = f"VAE decode, {size}², {both.dtype}"
    put(table(both.device), what, **fields(turns), aim=aim, difference=off)


def test_text(both: Pair, repeats: int, put: Put, tmp_path: Path):
    turns = both.in_turn("text", 5 * repeats)
    off = both.difference(tmp_path, "text")
    what = f"two prompts encoded, {both.dtype}"
    put(table(both.device), what, **fields(turns), difference=off)


def test_limit(device: str, dtype: str, put: Put):
    """What the fastest product of the machine would take for a step and a decode, all else free."""
    found = rates(getattr(torch, dtype), device)
    fastest = max(found.values())
    for what, rate in found.items():
        put(table(device), f"limit: {what}, {dtype}", rate / 1e9, unit="GFLOP/s")
    put(table(device), f"limit: UNet step with guidance, 512², {dtype}", STEP_512 / fastest)
    put(table(device), f"limit: VAE decode, 512², {dtype}", DECODE_512 / fastest)
