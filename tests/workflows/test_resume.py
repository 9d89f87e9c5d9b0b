"""An edited run goes on from the first step that differs: counted in questions to the UNet."""

from pathlib import Path

import pytest
import torch

from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from engine.graph import workflow
from engine.graph.context import Settings
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.runtime.denoising import forget

FILE = Path(__file__).resolve().parents[2] / "workflows" / "text_to_image.json"
STEPS = 10


@pytest.fixture
def registry() -> Registry:
    found = Registry()
    found.load_pack("nodes")
    return found


@pytest.fixture
def graph(registry: Registry) -> Graph:
    """Two experts: the first to 0.8 of the noise levels, the second on from there."""
    found = workflow.read(FILE, registry)
    found.set_param("model", "model", "tiny")
    found.set_param("denoise", "steps", STEPS)
    found.set_param("denoise", "end", 0.8)
    told = {"tokenizer": "model.tokenizer", "text_encoder": "model.text_encoder"}
    found.add("text.encode", "second_prompt", params={"text": "a cat"}, inputs=told)
    inputs = {
        "unet": "model.unet",
        "latents": "denoise.latents",
        "scheduler": "scheduler.scheduler",
        "positive": "second_prompt.conditioning",
        "negative": "negative.conditioning",
    }
    settings = {"steps": STEPS, "start": 0.8, "guidance": 4.0}
    found.add("diffusion.go_on", "refine", params=settings, inputs=inputs)
    found.connect("refine.latents", "decode.latents")
    return found


class Counting:
    """Runs the graph, and says how often the UNet was asked."""

    def __init__(self, registry: Registry, settings: Settings, monkeypatch) -> None:
        self.executor = Executor(registry, settings)
        self.calls = 0
        forward = UNet2DConditionModel.forward

        def counted(model, *args, **kwargs):
            self.calls += 1
            return forward(model, *args, **kwargs)

        monkeypatch.setattr(UNet2DConditionModel, "forward", counted)

    def __call__(self, graph: Graph) -> int:
        before = self.calls
        result = self.executor.run(graph)
        assert not result.failed, result.failed
        return self.calls - before

    def latents(self, graph: Graph, fresh: bool = False) -> torch.Tensor:
        return self.executor.run(graph, ["denoise"], fresh=fresh).value("denoise.latents").samples


@pytest.fixture
def count(registry: Registry, tiny_model: Path, tmp_path: Path, monkeypatch) -> Counting:
    settings = Settings(output_folder=tmp_path / "out", model_folders=(tiny_model.parent,))
    return Counting(registry, settings, monkeypatch)


def test_the_seam_moves_and_the_first_expert_asks_nothing(count: Counting, graph: Graph):
    assert count(graph) == STEPS
    graph.set_param("denoise", "end", 0.7)
    graph.set_param("refine", "start", 0.7)
    assert count(graph) == 3  # the first is there up to step 7: only the second has to run
    graph.set_param("denoise", "end", 0.9)
    graph.set_param("refine", "start", 0.9)
    assert count(graph) == 1 + 1  # the first goes on from step 8


def test_only_the_second_expert_changes(count: Counting, graph: Graph):
    count(graph)
    graph.set_param("second_prompt", "text", "a red fish")
    assert count(graph) == 2


def test_the_prompt_changes_from_a_step_on(count: Counting, graph: Graph):
    told = {"tokenizer": "model.tokenizer", "text_encoder": "model.text_encoder"}
    graph.add("text.encode", "later", params={"text": "a cat"}, inputs=told)
    graph.set_param("denoise", "end", 1.0)
    graph.connect("denoise.latents", "decode.latents")
    assert count(graph) == STEPS
    both = {"first": "prompt.conditioning", "second": "later.conditioning"}
    graph.add("text.then", "both", params={"at": 0.6}, inputs=both)
    graph.connect("both.conditioning", "denoise.positive")
    assert count(graph) == 4
    graph.set_param("later", "text", "a blue background")
    assert count(graph) == 4
    graph.set_param("both", "at", 0.8)
    assert count(graph) == 2
    resumed = count.latents(graph)
    forget()
    assert torch.equal(resumed, count.latents(graph, fresh=True))
    assert count.calls == STEPS + 4 + 4 + 2 + STEPS


def test_joining_a_preview_decoder_asks_nothing(count: Counting, graph: Graph):
    count(graph)
    graph.connect("model.vae", "denoise.preview")
    assert count.executor.plan(graph).runs == ()
    assert count(graph) == 0
