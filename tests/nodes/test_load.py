import shutil
from pathlib import Path

import pytest

from engine.diffusion.values import VAE, Scheduler, TextEncoder, Tokenizer, UNet
from engine.graph.check import check
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.graph.spec import spec_of
from nodes import load
from nodes.load import Pipeline


def test_a_pipeline_gives_handles_and_loads_nothing(parts: Pipeline):
    assert list(map(type, parts)) == [UNet, VAE, TextEncoder, Tokenizer, Scheduler]
    assert (parts.unet.space, parts.unet.channels, parts.unet.width) == ("tiny", 4, 32)
    assert parts.unet.digest.startswith("b2:")
    assert len({part.digest for part in parts[:4]}) == 4


def test_each_part_alone_is_the_one_of_the_pipeline(tiny_model: Path, parts: Pipeline):
    alone = (
        load.unet(tiny_model),
        load.vae(tiny_model),
        load.text_encoder(tiny_model),
        load.tokenizer(tiny_model),
        load.scheduler(tiny_model),
    )
    assert alone == tuple(parts)


def test_the_precision_is_in_the_handles(tiny_model: Path):
    assert load.pipeline(tiny_model, dtype="bfloat16").unet.dtype == "bfloat16"
    assert load.unet(tiny_model, dtype="bfloat16") != load.unet(tiny_model)


def test_a_variant_that_is_not_there_is_named(tiny_model: Path):
    with pytest.raises(LoomError, match="no 'fp16' variant; it has: plain"):
        load.unet(tiny_model, variant="fp16")


def two_families(tmp_path: Path, tiny_model: Path) -> Graph:
    """Prompts of one model, wired to the UNet of another."""
    for name in ("first", "second"):
        shutil.copytree(tiny_model, tmp_path / name)
    graph = Graph()
    for name in ("first", "second"):
        graph.add("load.pipeline", name, params={"model": name})
    graph.add(
        "text.encode",
        "prompt",
        inputs={"tokenizer": "first.tokenizer", "text_encoder": "first.text_encoder"},
    )
    graph.add("latents.empty", "latents", inputs={"unet": "second.unet"})
    graph.add("noise.seed", "seed")
    graph.add(
        "diffusion.denoise",
        "denoise",
        inputs={
            "unet": "second.unet",
            "positive": "prompt.conditioning",
            "latents": "latents.latents",
            "noise": "seed.noise",
            "scheduler": "second.scheduler",
        },
    )
    return graph


def test_parts_of_two_families_are_refused_in_words_that_name_both(
    tmp_path: Path, tiny_model: Path
):
    graph, registry = two_families(tmp_path, tiny_model), Registry()
    registry.load_pack("nodes")
    report = check(graph, registry, Settings(model_folders=(tmp_path,)))
    assert [(problem.node, problem.port) for problem in report.problems] == [
        ("denoise", "positive")
    ]
    assert "space=first" in report.text() and "space=second" in report.text()


def test_without_the_model_folders_nothing_is_read(tmp_path: Path, tiny_model: Path):
    graph, registry = two_families(tmp_path, tiny_model), Registry()
    registry.load_pack("nodes")
    assert check(graph, registry).ok


@pytest.mark.parametrize(
    "function", [load.pipeline, load.unet, load.vae, load.text_encoder, load.scheduler]
)
def test_every_probe_fits_its_outputs(function, tiny_model: Path):
    spec = spec_of(function)
    assert spec.probe is not None
    said = spec.probe({"model": tiny_model, "variant": "", "dtype": "auto"})
    assert said.keys() == spec.outputs.keys()
    for name, facets in said.items():
        kind = spec.outputs[name].type.kind
        assert kind is not None and facets.keys() <= set(kind.facets)
