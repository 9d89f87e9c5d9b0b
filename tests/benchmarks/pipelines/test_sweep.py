"""A grid of pictures: ours from one graph with a sweep, theirs one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.runtime.packing import can_pack
from tests.benchmarks.conftest import Put
from tests.benchmarks.pipelines.turns import PLACES, pair

pytestmark = [pytest.mark.bench, pytest.mark.full]
SIZE, STEPS = 128, 4
PROMPTS = ["a fish", "a cat", "a dog", "a red cat", "a blue dog"]
SEEDS = list(range(2000, 2005))


def test_sweep(large_model: Path, device: str, put: Put, tmp_path: Path):
    """In bfloat16 where the processor has it: small pictures, so that reading weights counts."""
    half = device == "cuda" or can_pack(torch.bfloat16)
    dtype = "bfloat16" if half else "float32"
    sizes = {"size": SIZE, "steps": STEPS, "out": str(tmp_path)}
    with pair(large_model, device, dtype) as found:
        for worker in found.workers.values():
            worker.do("picture", prompt="a", seed=1, **sizes)
        turns = found.in_turn("sweep", 1, warm=0, prompts=[PROMPTS], seeds=[SEEDS], **sizes)
    # Loop, decoding and file of each picture; each text and each seed once.
    cells = len(PROMPTS) * len(SEEDS)
    assert len(turns.last["ours"]["ran"]) == 3 * cells + len(PROMPTS) + len(SEEDS)
    what = f"5×5 prompts and seeds, {STEPS} steps, {SIZE}², {dtype}"
    put(f"Whole runs on {PLACES[device]}", what, turns.ours[0], turns.theirs[0], aim=0.90)
