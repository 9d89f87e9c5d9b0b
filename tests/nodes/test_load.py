import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from engine.diffusion.values import VAE, Scheduler, TextEncoder, Tokenizer, UNet
from engine.diffusion.weights.configs.kinds import REFINER, SD1, SDXL, Kind
from engine.diffusion.weights.convert import Conversion, convert
from engine.diffusion.weights.search import SHIPPED
from engine.graph.check import check
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.files import FileHashes
from engine.graph.graph import Graph
from engine.graph.keys import Recipe, recipes
from engine.graph.registry import Registry
from engine.graph.spec import spec_of
from engine.runtime.device import Device
from engine.runtime.pool import ModelPool
from nodes import load
from nodes.load import Pipeline
from tests.engine.diffusion.weights.tiny_kinds import make


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


@pytest.mark.parametrize("function", [load.pipeline, load.unet, load.vae, load.text_encoder])
def test_float16_on_a_cpu_is_refused_before_anything_runs(function, tiny_model: Path, monkeypatch):
    monkeypatch.setenv("LOOM_DEVICE", "cpu")
    spec = spec_of(function)
    with pytest.raises(LoomError, match=r"float16 is asked for, .* on a CPU") as raised:
        function(tiny_model, dtype="float16")
    assert raised.value.field == "dtype"
    assert spec.probe is not None
    with pytest.raises(LoomError, match="float16 is asked for"):
        spec.probe({"model": tiny_model, "dtype": "float16"})
    monkeypatch.setenv("LOOM_DEVICE", "cuda")
    assert spec.probe({"model": tiny_model, "dtype": "float16"})


def test_a_half_precision_file_is_read_in_what_suits_the_device(tiny_model: Path, tmp_path: Path):
    convert(tiny_model, tmp_path / "half", "diffusers", Conversion(dtype="float16"))
    with ModelPool(device=Device("cpu", "float32")).lease(load.unet(tmp_path / "half")) as unet:
        assert {weight.dtype for weight in unet.parameters()} == {torch.float32}


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


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Kind], Path]:
    """A tiny model of a kind in one file; the vocabulary is the starter's, found by its size."""
    root = tmp_path_factory.mktemp("single")

    def of(kind: Kind) -> Path:
        file = root / f"{kind.name}.safetensors"
        if not file.is_file():
            convert(make(kind, root / kind.name), file, "original")
        return file

    return of


def test_a_single_file_gives_the_same_handles(single):
    parts = load.pipeline(single(SD1))
    assert list(map(type, parts)) == [UNet, VAE, TextEncoder, Tokenizer, Scheduler]
    assert (parts.unet.space, parts.unet.width, parts.unet.sample_size) == ("sd1", 64, 64)
    alone = (
        load.unet(single(SD1)),
        load.vae(single(SD1)),
        load.text_encoder(single(SD1)),
        load.tokenizer(single(SD1)),
        load.scheduler(single(SD1)),
    )
    assert alone == tuple(parts)


def test_what_a_single_file_does_not_say_is_a_parameter(single):
    assert "epsilon" in load.scheduler(single(SD1)).config
    assert "v_prediction" in load.scheduler(single(SD1), prediction="v_prediction").config
    said = load.pipeline(single(SD1), prediction="v_prediction", vocabulary=SHIPPED / "starter")
    assert "v_prediction" in said.scheduler.config
    with pytest.raises(LoomError, match="has no tokenizer of 908 tokens") as raised:
        load.tokenizer(single(SD1), vocabulary=single(SD1).parent)
    assert raised.value.field == "vocabulary"


def test_both_encoders_of_sdxl(single):
    parts = load.pipeline_xl(single(SDXL))
    assert [type(part) for part in parts[2:6]] == [TextEncoder] * 2 + [Tokenizer] * 2
    assert (parts.text_encoder.width, parts.text_encoder_2.width) == (64, 128)
    assert (parts.tokenizer.pad, parts.tokenizer_2.pad) == ("<|endoftext|>", "!")
    assert load.text_encoder(single(SDXL), which="second") == parts.text_encoder_2
    assert load.tokenizer(single(SDXL), which="second") == parts.tokenizer_2
    folder = load.pipeline_xl(single(SDXL).with_suffix(""))
    assert folder.unet.channels == 4 and folder.scheduler == parts.scheduler
    with pytest.raises(LoomError, match="has no text encoder; it has unet, vae, text_encoder_2"):
        load.text_encoder(single(REFINER))
    assert load.text_encoder(single(REFINER), which="second").width == 128


def test_probes_of_single_files(single):
    spec = spec_of(load.text_encoder)
    assert spec.probe is not None
    params = {"model": single(SDXL), "variant": "", "dtype": "auto"}
    assert spec.probe({**params, "which": "second"})["text_encoder"]["width"] == 128
    xl = spec_of(load.pipeline_xl)
    assert xl.probe is not None
    said = xl.probe({**params, "prediction": "auto", "vocabulary": None})
    assert said.keys() == xl.outputs.keys()
    assert said["unet"]["space"] == said["vae"]["space"] == "sdxl"


def test_a_graph_names_a_file_without_its_ending(single):
    graph, registry = Graph(), Registry()
    graph.add("load.pipeline", "model", params={"model": "sd1.safetensors"})
    registry.load_pack("nodes")
    folders = Settings(model_folders=(single(SD1).parent,))
    assert check(graph, registry, folders).ok
    graph.set_param("model", "vocabulary", "nobody")
    (problem,) = check(graph, registry, folders).problems
    assert (problem.port, problem.code) == ("vocabulary", "missing-file")


def recipe_of(type: str, model: Path) -> Recipe:
    """The recipe of a loader of the model called as it is in its folder."""
    graph, registry = Graph(), Registry()
    registry.load_pack("nodes")
    graph.add(type, "model", params={"model": model.name})
    settings = Settings(model_folders=(model.parent,))
    return recipes(graph, registry, ["model"], settings, {}, FileHashes())["model"]


@pytest.mark.parametrize("type", ["load.pipeline", "load.tokenizer"])
def test_a_vocabulary_that_is_lent_is_part_of_the_key(single, tmp_path: Path, type: str):
    file = Path(shutil.copy(single(SD1), tmp_path / "mine.safetensors"))
    donors = shutil.copytree(SHIPPED / "starter" / "tokenizer", tmp_path / "tokenizer")
    before = recipe_of(type, file)
    assert {"model", "tokenizer vocab.json", "tokenizer merges.txt"} <= before.files.keys()
    assert recipe_of(type, file).key == before.key
    merges = donors / "merges.txt"
    lines = merges.read_text().splitlines()
    merges.write_text("\n".join([lines[0], *reversed(lines[1:])]))
    after = recipe_of(type, file)
    assert after.key != before.key
    assert {name for name in after.files if before.files[name] != after.files[name]} == {
        "tokenizer merges.txt"
    }


def test_a_configuration_beside_a_file_is_part_of_the_key(single, tmp_path: Path):
    file = Path(shutil.copy(single(SD1), tmp_path / "mine.safetensors"))
    before = recipe_of("load.scheduler", file)
    file.with_suffix(".yaml").write_text("params:\n  parameterization: v\n")
    assert "v_prediction" in load.scheduler(file).config
    assert recipe_of("load.scheduler", file).key != before.key


def test_a_space_called_after_its_folder_is_part_of_the_key(tiny_model: Path, tmp_path: Path):
    for name in ("one", "other"):
        shutil.copytree(tiny_model, tmp_path / name)
    one, other = (recipe_of("load.unet", tmp_path / name) for name in ("one", "other"))
    assert one.files["model"] == other.files["model"]
    assert one.key != other.key


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
