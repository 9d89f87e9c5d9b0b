"""A step of Stable Diffusion XL's UNet, ours against the reference, in bfloat16."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from engine.runtime.packing import can_pack
from tests.benchmarks.conftest import Put
from tests.benchmarks.pipelines.test_parts import fields
from tests.benchmarks.pipelines.turns import PLACES, pair
from tests.benchmarks.pipelines.xl import write_unet

pytestmark = [pytest.mark.bench, pytest.mark.full]
# What both sides' weights and a step at 1024² take of a computer's memory.
MEMORY = 16 << 30
WARM = 128  # pixels of the turn that does not count


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder; LOOM_BENCH_MODEL names one beside which it is used, or made."""
    named = os.environ.get("LOOM_BENCH_MODEL", "")
    root = Path(f"{named}-xl") if named else tmp_path_factory.mktemp("models") / "xl"
    if not root.exists():
        write_unet(root)
    return root


def test_step_xl(model: Path, device: str, size: int, put: Put, tmp_path: Path):
    """Twice the side of other rows, where there is memory for it."""
    if device == "cpu" and not can_pack(torch.bfloat16):
        pytest.skip("this processor has no bfloat16")
    side = 2 * size if device == "cuda" or available() > MEMORY else size
    with pair(model, device, "bfloat16") as found:
        turns = found.in_turn("step", 2, size=[WARM, side, side])
        off = found.difference(tmp_path, "step", size=min(side, 512))
    what = f"SDXL: UNet step with guidance, {side}², bfloat16"
    put(f"Parts on {PLACES[device]}", what, **fields(turns), aim=0.80, difference=off)


def available() -> int:
    """Bytes of the computer's memory that nobody uses; 0 where that can't be told."""
    file = Path("/proc/meminfo")
    lines = file.read_text().splitlines() if file.exists() else []
    return next((int(x.split()[1]) << 10 for x in lines if x.startswith("MemAvailable:")), 0)
