"""The gallery's workflows on the starter model: each does what it is there to show, by numbers."""

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from engine.diffusion.weights.search import SHIPPED
from engine.graph import workflow
from engine.graph.context import Settings
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry

FOLDER = Path(__file__).resolve().parents[2] / "workflows"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = Registry()
    assert found.load_pack("nodes").failures == ()
    return found


class Bench:
    """Runs gallery files; keeps what was computed, so that variations are quick."""

    def __init__(self, registry: Registry, folder: Path) -> None:
        self.registry = registry
        self.executor = Executor(
            registry, Settings(output_folder=folder, model_folders=(SHIPPED,)), strict=True
        )

    def graph(self, name: str) -> Graph:
        return workflow.read(FOLDER / f"{name}.json", self.registry)

    def run(self, graph: Graph) -> list[np.ndarray]:
        result = self.executor.run(graph)
        assert not result.failed, result
        return [np.asarray(PIL.Image.open(file)).astype(np.float32) for file in result.files]


@pytest.fixture(scope="module")
def bench(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(registry, tmp_path_factory.mktemp("out"))


def test_the_opened_loop_makes_the_pixels_of_the_closed_one(bench: Bench):
    opened, closed = bench.run(bench.graph("loop_opened")), bench.run(bench.graph("text_to_image"))
    assert np.array_equal(opened[0], closed[0])


def test_a_run_can_change_its_solver_and_guidance_half_way(bench: Bench):
    switched = bench.run(bench.graph("loop_switched"))[0]
    assert switched.shape == (64, 64, 3)
    assert np.abs(switched - bench.run(bench.graph("text_to_image"))[0]).max() > 10


def halves(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    middle = picture.shape[1] // 2
    return picture[:, :middle], picture[:, middle:]


def test_inpainting_changes_nothing_outside_its_mask(bench: Bench):
    before, after = halves(bench.run(bench.graph("inpaint"))[0])
    y, x = np.mgrid[:64, :64] + 0.5
    outside = ((x - 32) / 24) ** 2 + ((y - 32) / 24) ** 2 > 1.15
    assert np.array_equal(before[outside], after[outside])
    assert np.abs(before - after)[~outside].mean() > 15


@pytest.mark.parametrize(
    "box, part",
    [
        ([72, 14, 36, 36], [64, 6, 52, 52]),  # with its padding as square as the model's pictures
        ([62, 4, 58, 20], [54, 0, 66, 64]),  # the picture is not high enough for that
    ],
)
def test_a_part_is_painted_at_the_models_size_and_nothing_else_changes(
    bench: Bench, box: list[int], part: list[int]
):
    graph = bench.graph("inpaint_a_part")
    shapes = {"size": [120, 64], "shapes": [{"shape": "rectangle", "box": box}]}
    graph.set_param("mask", "shapes", json.dumps(shapes))
    found = bench.executor.run(graph, ["part", "decode", "paste", "wider"])
    assert [found.value(f"part.{name}") for name in ("x", "y", "width", "height")] == part
    assert found.value("decode.image").pixels.shape == (1, 3, 64, 64)
    change = found.value("paste.image").pixels - found.value("wider.picture").pixels
    x, y, width, height = box
    inside = change[:, :, y : y + height, x : x + width]
    assert inside.abs().mean() > 0.05
    inside.zero_()
    assert not change.any()


def test_image_to_image_at_the_smallest_strength_returns_the_picture(bench: Bench):
    graph = bench.graph("image_to_image")
    graph.set_param("redraw", "steps", 100)
    graph.set_param("redraw", "strength", 0.01)
    before, after = halves(bench.run(graph)[0])
    assert np.abs(before - after).mean() < 4


def test_diffedit_makes_another_thing_and_leaves_the_rest(bench: Bench):
    before, after = halves(bench.run(bench.graph("diffedit"))[0])
    found = bench.executor.run(bench.graph("diffedit"), ["mask"])
    white = found.value("mask.mask").values[0, 0].numpy() > 0.5
    assert 0.02 < white.mean() < 0.7
    change = np.abs(before - after).mean(axis=2)
    # What is left alone still goes through the VAE once, at 28 dB.
    assert change[white].mean() > 4 * change[~white].mean()
    assert change[~white].mean() < 9


def test_a_recorded_run_goes_from_noise_to_the_picture(bench: Bench):
    row = bench.run(bench.graph("trajectory"))[0]
    cells = np.split(row, 8, axis=1)
    final = bench.run(bench.graph("text_to_image"))[0]
    distances = [np.abs(cell - final).mean() for cell in cells]
    assert distances == sorted(distances, reverse=True)
    assert np.array_equal(cells[-1], final)


def test_a_later_prompt_changes_what_was_not_decided_yet(bench: Bench):
    graph = bench.graph("prompt_change")
    changed = bench.run(graph)[0]
    graph.set_param("both", "at", 0.99)
    late = bench.run(graph)[0]
    final = bench.run(bench.graph("text_to_image"))[0]
    assert np.abs(late - final).mean() < np.abs(changed - final).mean()


def test_weights_move_the_picture(bench: Bench):
    graph = bench.graph("prompt_weighting")
    weighted = bench.run(graph)[0]
    graph.set_param("prompt", "text", "a red fish on a blue background")
    assert np.abs(weighted - bench.run(graph)[0]).max() > 10


def test_the_attention_for_a_word_lies_on_the_thing(bench: Bench):
    found = bench.executor.run(bench.graph("attention"), ["maps", "decode"])
    picture = found.value("decode.image").pixels[0].numpy()
    assert found.value("maps.labels").split() == ["red", "fish", "blue", "background"]
    masks = found.value("maps.masks").values[:, 0].numpy()
    fish = picture[0] - picture[2] > 0.2  # red, on blue
    assert 0.05 < fish.mean() < 0.6
    assert masks[1][fish].mean() > 2 * masks[1][~fish].mean()
    assert masks[2][fish].mean() < masks[2][~fish].mean()
