"""The nodes for pictures and masks on the engine: typed, keyed by content, changing no input."""

import json
from pathlib import Path

import PIL.Image
import pytest
import torch

from engine.diffusion.images.files import read_metadata
from engine.diffusion.images.pixels import from_pil
from engine.graph.check import check, check_link
from engine.graph.context import Settings
from engine.graph.errors import NodeError
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = Registry()
    assert found.load_pack("nodes").failures == ()
    return found


@pytest.fixture
def executor(registry: Registry, tmp_path: Path) -> Executor:
    settings = Settings(output_folder=tmp_path / "out", input_folders=(tmp_path,))
    return Executor(registry, settings, strict=True)


def gradient(width: int = 24, height: int = 16) -> PIL.Image.Image:
    ramp = PIL.Image.linear_gradient("L")
    parts = ramp, ramp.rotate(90), ramp.rotate(180)
    return PIL.Image.merge("RGB", [part.resize((width, height)) for part in parts])


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    """One picture, loaded."""
    gradient().save(tmp_path / "a.png")
    graph = Graph()
    graph.add("image.load", "load", params={"file": "a.png"})
    return graph


def square(x: int, y: int, width: int, height: int) -> str:
    return json.dumps({"shapes": [{"shape": "rectangle", "box": [x, y, width, height]}]})


def test_a_picture_is_loaded_again_when_its_content_changes(
    executor: Executor, graph: Graph, tmp_path: Path
):
    first = executor.run(graph, ["load"])
    assert torch.equal(first.value("load.image").pixels, from_pil([gradient()]).pixels)
    assert executor.run(graph, ["load"]).ran == ()
    gradient().rotate(180).save(tmp_path / "a.png")
    again = executor.run(graph, ["load"])
    assert again.ran == ("load",)
    assert torch.equal(
        again.value("load.image").pixels, first.value("load.image").pixels.flip(2, 3)
    )


def test_a_file_that_is_not_there_is_told_before_anything_runs(
    registry: Registry, executor: Executor, graph: Graph
):
    graph.set_param("load", "file", "b.png")
    (problem,) = check(graph, registry, executor.settings).problems
    assert (problem.where, problem.reason) == ("load.file", "There is no file 'b.png'.")
    graph.add("image.load", "other")
    assert "other.file" in check(graph, registry).text()


def test_a_folder_is_loaded_again_when_a_picture_comes_in(executor: Executor, tmp_path: Path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    gradient().save(folder / "p1.png")
    graph = Graph()
    graph.add("image.load_folder", "load", params={"folder": "pictures", "pattern": "p*"})
    graph.add("image.size", "size", inputs={"picture": "load.image"})
    assert executor.run(graph, ["size"]).value("size.count") == 1
    gradient(12, 8).save(folder / "p2.webp")
    graph.set_param("load", "width", 24)
    found = executor.run(graph, ["size"])
    sides = [found.value(f"size.{side}") for side in ("width", "height", "count")]
    assert sides == [24, 16, 2]
    assert executor.run(graph, ["load"]).value("load.names") == "p1.png\np2.webp"


def test_one_node_takes_pictures_and_masks_and_nothing_else(registry: Registry, graph: Graph):
    graph.add("mask.draw", "mask", params={"shapes": square(2, 3, 4, 5)})
    graph.add("transform.resize", "resize", inputs={"picture": "load.image"})
    graph.add("image.save", "save", inputs={"image": "resize.picture"})
    assert check(graph, registry).ok
    (wrong,) = check_link(graph, registry, "mask.mask", "save.image")
    assert wrong.code == "kind"
    graph.connect("mask.mask", "resize.picture")
    (wrong,) = check(graph, registry).problems
    assert "Mask from resize.picture can't feed it: it takes Image" in wrong.reason
    graph.add("latents.empty", "latents")
    (wrong,) = check_link(graph, registry, "latents.latents", "resize.picture")
    assert "it takes Image or Mask." in wrong.reason


def test_a_part_is_cut_out_and_laid_back_where_it_was(executor: Executor, graph: Graph):
    graph.add(
        "mask.draw",
        "mask",
        params={"shapes": square(6, 4, 4, 3)},
        inputs={"like": "load.image"},
    )
    graph.add(
        "transform.crop_to_mask",
        "cut",
        params={"padding": 2, "width": 64, "height": 64},
        inputs={"image": "load.image", "mask": "mask.mask"},
    )
    graph.add("colour.invert", "inverted", inputs={"picture": "cut.image"})
    graph.add(
        "compose.over",
        "over",
        inputs={
            "base": "load.image",
            "layer": "inverted.picture",
            "mask": "cut.mask",
            "x": "cut.x",
            "y": "cut.y",
        },
    )
    found = executor.run(graph, ["cut", "over"])
    place = [found.value(f"cut.{name}") for name in ("x", "y", "width", "height")]
    assert place == [4, 2, 8, 8]
    old, new = from_pil([gradient()]).pixels, found.value("over.image").pixels
    inside = torch.zeros(1, 1, 16, 24, dtype=torch.bool)
    inside[:, :, 4:7, 6:10] = True
    assert torch.equal(torch.where(inside, 1 - old, old), new)


def test_an_empty_mask_and_sizes_that_differ_name_the_node(executor: Executor, graph: Graph):
    graph.add("mask.draw", "mask", inputs={"like": "load.image"})
    graph.add("transform.crop_to_mask", "cut", inputs={"image": "load.image", "mask": "mask.mask"})
    error = executor.run(graph, ["cut"]).failed["cut"]
    assert isinstance(error, NodeError)
    assert str(error).startswith("cut.mask: The mask is empty: nothing in it is white.")
    graph.disconnect("mask.like")
    graph.set_param("mask", "width", 40)
    error = executor.run(graph, ["cut"]).failed["cut"]
    assert str(error).startswith("cut.mask: The image is 24×16 and the mask 40×512.")


def test_batches_of_any_kind(registry: Registry, executor: Executor, graph: Graph):
    graph.add("transform.flip", "flip", inputs={"picture": "load.image"})
    graph.add("batch.join", "join", inputs={"batches": ["load.image", "flip.picture"]})
    graph.add("batch.repeat", "more", inputs={"batch": "join.batch"})
    graph.add("batch.split", "split", inputs={"batch": "more.batch"})
    graph.add("image.grid", "grid", params={"columns": 4}, inputs={"images": "split.batches"})
    graph.add("batch.pick", "last", params={"number": -1}, inputs={"batch": "more.batch"})
    assert check(graph, registry).ok
    found = executor.run(graph, ["grid", "last"])
    assert not found.failed
    assert found.value("grid.image").pixels.shape == (1, 3, 16, 96)
    assert torch.equal(found.value("last.batch").pixels, found.value("flip.picture").pixels)
    graph.connect("load.alpha", "join.batches", append=True)
    (wrong,) = check(graph, registry).problems
    assert wrong.where == "join.batches" and wrong.code == "kind"


def test_pictures_are_compared_in_numbers(executor: Executor, graph: Graph):
    graph.add("colour.adjust", "darker", params={"brightness": 0.5}, inputs={"image": "load.image"})
    ends = {"first": "load.image", "second": "darker.image"}
    graph.add("compare.numbers", "numbers", inputs=ends)
    graph.add("compare.difference", "difference", params={"gain": 2.0}, inputs=ends)
    graph.add("compare.histogram", "histogram", inputs={"image": "load.image"})
    found = executor.run(graph, ["numbers", "difference", "histogram"])
    old = from_pil([gradient()]).pixels
    assert found.value("numbers.largest") == pytest.approx(float(old.max()) / 2)
    assert found.value("numbers.mean") == pytest.approx(float(old.mean()) / 2, abs=1e-6)
    assert torch.allclose(found.value("difference.image").pixels, old, atol=1e-6)
    numbers = json.loads(found.value("histogram.numbers"))
    assert numbers["green"]["mean"] == pytest.approx(float(old[:, 1].mean()), abs=1e-4)


@pytest.mark.parametrize("format, suffix", [("png", "png"), ("webp", "webp"), ("jpeg", "jpg")])
def test_every_format_is_saved_with_its_workflow_under_a_name_that_says_what_it_is(
    executor: Executor, graph: Graph, tmp_path: Path, format: str, suffix: str
):
    graph.add("transform.flip", "flip", params={"axis": "both"}, inputs={"picture": "load.image"})
    params = {"name": "{flip.axis} {index}", "format": format}
    graph.add("image.save", "save", params=params, inputs={"image": "flip.picture"})
    (file,) = executor.run(graph, ["save"]).files
    assert file == tmp_path / "out" / f"both 0_00001.{suffix}"
    assert read_metadata(file)["workflow"]["nodes"]["flip"]["params"] == {"axis": "both"}
    with PIL.Image.open(file) as saved:
        off = from_pil([saved]).pixels - from_pil([gradient().rotate(180)]).pixels
    assert off.abs().max() <= (0 if format == "png" else 24 / 255)


@pytest.mark.parametrize("format", ["png", "webp"])
def test_a_cut_out_is_transparent_and_comes_back(
    executor: Executor, graph: Graph, tmp_path: Path, format: str
):
    graph.add("mask.draw", "mask", params={"shapes": square(6, 4, 4, 3)})
    params = {"name": "cut", "format": format, "quality": 100}
    inputs = {"image": "load.image", "alpha": "mask.mask"}
    graph.add("image.save", "save", params=params, inputs=inputs)
    error = executor.run(graph, ["save"]).failed["save"]
    assert str(error).startswith("save.alpha: The image is 24×16 and the alpha 512×512.")
    graph.connect("load.image", "mask.like")
    (file,) = executor.run(graph, ["save"]).files
    graph.add("image.load", "again", params={"file": str(file)})
    found = executor.run(graph, ["again", "mask"])
    assert torch.equal(found.value("again.alpha").values, found.value("mask.mask").values)
    graph.set_param("save", "format", "jpeg")
    error = executor.run(graph, ["save"]).failed["save"]
    assert str(error).startswith("save.format: A JPEG file can't be transparent.")


def test_a_name_that_can_not_be_filled_in_names_the_parameter(executor: Executor, graph: Graph):
    params = {"name": "{prompt.text}"}
    graph.add("image.save", "save", params=params, inputs={"image": "load.image"})
    error = executor.run(graph, ["save"]).failed["save"]
    assert str(error).startswith("save.name: {prompt.text} can't be filled in")


CHAIN = [
    ("mask.from_luminance", {}, "image", "mask"),
    ("mask.threshold", {"low": 0.4, "high": 0.6}, "picture", "mask"),
    ("mask.fill_holes", {}, "mask", "mask"),
    ("mask.grow", {"pixels": 1}, "mask", "mask"),
    ("mask.feather", {"radius": 1.0}, "mask", "mask"),
    ("filter.blur", {"radius": 1.0}, "picture", "picture"),
    ("transform.scale", {"factor": 2.0}, "picture", "picture"),
    ("transform.pad", {"left": 8, "border": "edge"}, "picture", "picture"),
    ("transform.crop", {"x": 8, "width": 32, "height": 32}, "picture", "picture"),
    ("transform.crop_centre", {"width": 16, "height": 16}, "picture", "picture"),
    ("transform.rotate", {"degrees": 270}, "picture", "picture"),
    ("mask.to_image", {}, "mask", "image"),
    ("colour.gray", {}, "image", "image"),
    ("filter.sharpen", {}, "image", "image"),
    ("filter.canny", {"low": 20.0, "high": 40.0}, "image", "image"),
]


def test_a_chain_through_the_other_nodes_changes_no_input(
    registry: Registry, executor: Executor, graph: Graph
):
    last = "load.image"
    for number, (type_id, params, port, out) in enumerate(CHAIN):
        graph.add(type_id, f"n{number}", params=params, inputs={port: last})
        last = f"n{number}.{out}"
    graph.add(
        "mask.combine",
        "combine",
        params={"how": "difference"},
        inputs={"first": "n1.mask", "second": "n3.mask"},
    )
    graph.add("mask.from_colour", "key", params={"colour": "red"}, inputs={"image": "load.image"})
    graph.add("mask.padding", "border", params={"top": 3}, inputs={"image": "load.image"})
    ends = {"first": "load.image", "second": "load.image"}
    graph.add("compare.side_by_side", "pair", inputs=ends)
    graph.add("compare.slider", "slider", inputs=ends)
    params = {"labels": "one\ntwo", "columns": 2}
    images = ["load.image", "load.image"]
    graph.add("compose.labelled_grid", "table", params=params, inputs={"images": images})
    assert check(graph, registry).text() == ""
    outputs = [last.partition(".")[0], "combine", "key", "border", "pair", "slider", "table"]
    found = executor.run(graph, outputs)
    assert not found.failed
    assert found.value(last).pixels.shape == (1, 3, 16, 16)
    assert found.value("combine.mask").values.shape == (1, 1, 16, 24)
    assert int(found.value("border.mask").values.sum()) == 3 * 24
    assert found.value("slider.image").pixels.shape == (1, 3, 16, 24)
