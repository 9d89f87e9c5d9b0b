"""The gallery's workflow that cuts a thing out by its background's colour and lays it elsewhere."""

from pathlib import Path

import pytest
import torch

from engine.diffusion.images.resize import scale
from engine.diffusion.weights.search import SHIPPED
from engine.graph import workflow
from engine.graph.context import Settings
from engine.graph.executor import Executor
from engine.graph.registry import Registry

FILE = Path(__file__).resolve().parents[2] / "workflows" / "mask_and_composite.json"


@pytest.mark.slow
def test_the_thing_stands_in_the_scene_and_nothing_else_changes(tmp_path: Path):
    registry = Registry()
    registry.load_pack("nodes")
    settings = Settings(output_folder=tmp_path, model_folders=(SHIPPED,))
    found = Executor(registry, settings, strict=True).run(
        workflow.read(FILE, registry),
        ["save", "large_thing", "large_scene", "soft", "small_mask", "composite"],
    )
    assert not found.failed
    assert [file.name for file in found.files] == ["composite_00001.png"]
    mask = found.value("soft.mask").values
    assert 0.1 < float(mask.mean()) < 0.5
    assert mask[..., :16].max() < 0.01 and mask[..., :16, :].max() < 0.01
    scene, both = found.value("large_scene.picture").pixels, found.value("composite.image").pixels
    cover = torch.zeros(1, 1, 256, 256)
    cover[:, :, 112:240, 116:244] = found.value("small_mask.picture").values
    assert torch.equal(both * (cover == 0), scene * (cover == 0))
    laid = torch.zeros_like(scene)
    laid[:, :, 112:240, 116:244] = scale(found.value("large_thing.picture"), 0.5).pixels
    solid = cover > 0.999
    assert int(solid.sum()) > 1000
    assert torch.allclose(both * solid, laid * solid, atol=1e-3)
