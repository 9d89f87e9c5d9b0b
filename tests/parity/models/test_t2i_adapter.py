"""T2IAdapter against the reference: same weights, same hints, float32."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.models.t2i_adapter import T2IAdapter, T2IAdapterConfig

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity

CONFIGS: dict[str, dict[str, Any]] = {
    "full": {"adapter_type": "full_adapter", "channels": (8, 12, 16, 16)},
    "full xl": {
        "adapter_type": "full_adapter_xl",
        "channels": (8, 12, 16, 16),
        "downscale_factor": 16,
    },
    "light": {"adapter_type": "light_adapter", "channels": (8, 12, 16)},
    "one colour": {"channels": (8, 8), "in_channels": 1, "num_res_blocks": 1},
    "fine": {"channels": (8, 12, 12), "downscale_factor": 2, "num_res_blocks": 3},
}


@pytest.mark.parametrize("size", [(4, 8), (3, 5)], ids=["even", "odd"])
@pytest.mark.parametrize("name", CONFIGS)
def test_states(name: str, size: tuple[int, int], shaken, assert_same):
    torch.manual_seed(0)
    theirs = shaken(diffusers.T2IAdapter(**CONFIGS[name]))
    ours = T2IAdapter.from_config(dict(theirs.config)).eval().requires_grad_(False)
    ours.load_state_dict(theirs.state_dict())
    g = torch.Generator().manual_seed(1)
    step = ours.config.downscale_factor
    hint = torch.rand(
        2, ours.config.in_channels, size[0] * 2 * step, size[1] * 2 * step, generator=g
    )
    want = theirs(hint)
    got = ours(hint)
    assert len(got) == len(want)
    for mine, yours in zip(got, want, strict=True):
        assert_same(mine, yours)
    assert ours.config.factor == theirs.total_downscale_factor


@pytest.mark.parametrize("name", CONFIGS)
def test_weights_and_configs_interchange(name: str, fields, tmp_path: Path):
    with torch.device("meta"):
        theirs = diffusers.T2IAdapter(**CONFIGS[name])
        ours = T2IAdapter.from_config(CONFIGS[name])
        expected = {n: v.shape for n, v in theirs.state_dict().items()}
        assert {n: v.shape for n, v in ours.state_dict().items()} == expected
        (tmp_path / "config.json").write_text(json.dumps(ours.config.to_json()))
        loaded = diffusers.T2IAdapter.load_config(tmp_path)
        again = diffusers.T2IAdapter.from_config(loaded)
    assert fields(again) == fields(theirs)
    assert T2IAdapterConfig.from_json(dict(theirs.config)) == ours.config
