"""Captioners and text generators on the engine, from a picture to the mean of many prompts."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch

from engine.graph.check import check
from engine.graph.context import Settings
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from nodes import text
from nodes.load import Pipeline
from tests.engine.diffusion.text.tiny_words import write_blip, write_t5


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = Registry()
    assert found.load_pack("nodes").failures == ()
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("words")
    write_blip(root / "blip")
    write_t5(root / "t5")
    levels = np.random.default_rng(0).integers(0, 255, (20, 24, 3), np.uint8)
    PIL.Image.fromarray(levels).save(root / "picture.png")
    return root


@pytest.fixture
def executor(registry: Registry, folder: Path, tiny_model: Path, tmp_path: Path) -> Executor:
    settings = Settings(
        tmp_path, model_folders=(folder, tiny_model.parent), input_folders=(folder,)
    )
    return Executor(registry, settings, strict=True)


@pytest.fixture
def graph() -> Graph:
    graph = Graph()
    graph.add("image.load", "load", params={"file": "picture.png"})
    graph.add("load.captioner", "blip", params={"model": "blip"})
    graph.add("load.text_generator", "t5", params={"model": "t5"})
    graph.add(
        "caption.picture",
        "caption",
        params={"most": 6},
        inputs={"captioner": "blip.captioner", "image": "load.image"},
    )
    graph.add("text.fill", "request", inputs={"texts": "caption.text"})
    graph.add(
        "caption.variations",
        "answers",
        params={"count": 4, "most": 6, "temperature": 1.5},
        inputs={"generator": "t5.text_generator", "request": "request.text"},
    )
    return graph


def test_a_picture_becomes_prompts(
    registry: Registry, executor: Executor, graph: Graph, parts: Pipeline
):
    graph.add("load.pipeline", "model", params={"model": "tiny"})
    graph.add(
        "text.encode_all",
        "mean",
        params={"average": True},
        inputs={
            "tokenizer": "model.tokenizer",
            "text_encoder": "model.text_encoder",
            "texts": "answers.text",
        },
    )
    assert check(graph, registry, executor.settings).problems == ()
    result = executor.run(graph, ["mean", "answers", "request"])
    assert not result.failed
    (caption,) = result.value("caption.text")
    assert caption.startswith("a photograph of")
    assert result.value("request.text") == f"Write a caption for a picture of {caption}."
    texts = result.value("answers.text")
    assert len(texts) == 4
    every = text.encode_all(parts.tokenizer, parts.text_encoder, texts)
    mean = result.value("mean.conditioning").embeds
    assert torch.allclose(mean, every.embeds.mean(0, keepdim=True))


def test_answers_follow_their_seed(executor: Executor, graph: Graph, registry: Registry):
    first = executor.run(graph, ["answers"]).value("answers.text")
    other = Executor(registry, executor.settings, strict=True)
    assert other.run(graph, ["answers"]).value("answers.text") == first
    graph.set_param("answers", "seed", 1)
    again = executor.run(graph, ["answers"])
    assert again.ran == ("answers",)
    assert again.value("answers.text") != first


def test_a_model_of_another_kind_is_refused(executor: Executor, graph: Graph):
    graph.set_param("blip", "model", "t5")
    result = executor.run(graph, ["caption"])
    assert "holds a T5ForConditionalGeneration, which is no captioner" in str(result.failed)
