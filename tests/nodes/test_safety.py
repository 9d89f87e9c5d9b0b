"""The watermark's nodes on the engine: written, saved, loaded and read."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from engine.graph.context import Settings
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry


@pytest.fixture
def executor(tmp_path: Path) -> Executor:
    found = Registry()
    found.load_pack("nodes")
    ramp = np.linspace(30, 220, 256, dtype=np.uint8)
    levels = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], np.uint8(128)), axis=-1)
    PIL.Image.fromarray(levels).save(tmp_path / "picture.png")
    return Executor(found, Settings(tmp_path, input_folders=(tmp_path,)), strict=True)


@pytest.mark.parametrize("format", ["png", "jpeg"])
def test_a_saved_picture_still_says_the_message(executor: Executor, format: str):
    graph = Graph()
    graph.add("image.load", "load", params={"file": "picture.png"})
    graph.add("safety.watermark", "mark", inputs={"image": "load.image"})
    save = {"name": "marked", "format": format, "quality": 90}
    graph.add("image.save", "save", params=save, inputs={"image": "mark.image"})
    result = executor.run(graph, ["save"])
    assert not result.failed
    graph.add("image.load", "again", params={"file": result.files[0].name})
    graph.add("safety.read_watermark", "read", inputs={"image": "again.image"})
    graph.add("safety.read_watermark", "before", inputs={"image": "load.image"})
    result = executor.run(graph, ["read", "before"])
    assert result.value("read.equal") == 48
    assert result.value("read.bits")[0].startswith("10110011")
    assert result.value("read.agreement") > 0.9
    assert result.value("before.equal") < 36
