import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.diffusion.values import Scheduler
from engine.diffusion.weights.folder import find_component, read_pipeline, variants
from engine.diffusion.weights.load import load_component
from engine.diffusion.weights.save import save_model, save_pipeline, save_scheduler
from engine.graph.errors import LoomError

PARTS = ("unet", "vae", "text_encoder")


@pytest.fixture(scope="module")
def parts(folders) -> dict:
    found = read_pipeline(folders("sd1"))
    return {name: load_component(found[name]) for name in (*PARTS, "tokenizer")}


def same(one, two) -> bool:
    a, b = one.state_dict(), two.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("part", PARTS)
def test_a_model_comes_back(part, parts, tmp_path):
    save_model(parts[part], tmp_path / part)
    back = load_component(find_component(tmp_path / part))
    assert type(back) is type(parts[part]) and same(back, parts[part])
    assert (
        back.config.to_dict() == parts[part].config.to_dict()
        if part == "text_encoder"
        else (back.config == parts[part].config)
    )


@pytest.mark.parametrize("part", PARTS)
def test_sharded_and_as_a_variant(part, parts, tmp_path):
    folder = tmp_path / part
    save_model(parts[part], folder)
    save_model(parts[part], folder, variant="fp16", dtype=torch.float16, max_shard=100_000)
    assert variants(folder) == {"", "fp16"}
    assert len(list(folder.glob("*fp16*.safetensors"))) > 2
    assert same(load_component(find_component(folder)), parts[part])
    half = load_component(find_component(folder, variant="fp16"), torch.float16)
    halved = {
        n: t.half() if t.is_floating_point() else t for n, t in parts[part].state_dict().items()
    }
    state = half.state_dict()
    wanted = torch.float32 if part == "vae" else torch.float16  # its config says force_upcast
    assert all(torch.equal(state[n], halved[n].to(wanted)) for n in halved)


def test_a_variant_takes_the_place_of_its_former_self(parts, tmp_path):
    save_model(parts["vae"], tmp_path / "vae", variant="fp16", max_shard=200_000)
    save_model(parts["vae"], tmp_path / "vae", variant="fp16")
    assert sorted(file.name for file in (tmp_path / "vae").iterdir()) == [
        "config.json",
        "diffusion_pytorch_model.fp16.safetensors",
    ]


def test_text_encoders_are_written_under_their_published_names(parts, tmp_path):
    save_model(parts["text_encoder"], tmp_path / "text_encoder")
    names = load_file(tmp_path / "text_encoder" / "model.safetensors")
    assert all(name.startswith("text_model.") for name in names)
    config = json.loads((tmp_path / "text_encoder" / "config.json").read_text())
    assert config["architectures"] == ["CLIPTextModel"] and config["dtype"] == "float32"


def test_a_scheduler(tmp_path):
    scheduler = Scheduler.from_json({"_class_name": "DDIMScheduler", "beta_end": 0.02})
    save_scheduler(scheduler, tmp_path / "scheduler")
    back = find_component(tmp_path / "scheduler")
    assert Scheduler.from_json(back.config()) == scheduler


def test_a_pipeline(parts, tmp_path):
    scheduler = Scheduler.from_json({"_class_name": "DDIMScheduler"})
    whole = {**parts, "scheduler": scheduler}
    save_pipeline(
        whole, tmp_path / "m", "StableDiffusionPipeline", index={"safety_checker": [None, None]}
    )
    assert json.loads((tmp_path / "m" / "model_index.json").read_text()) == {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.30.0",
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    found = read_pipeline(tmp_path / "m")
    assert all(same(load_component(found[name]), parts[name]) for name in PARTS)
    words = "a red fish"
    assert (
        load_component(found["tokenizer"])(words).input_ids == parts["tokenizer"](words).input_ids
    )


class Unwritable(torch.nn.Linear):
    """A model whose second tensor breaks while it is written."""

    config = type("Config", (), {"to_json": staticmethod(lambda: {"_class_name": "Linear"})})

    def state_dict(self):  # type: ignore[override]
        state = super().state_dict()
        return {"a": state["weight"], "b": torch.empty(3, device="meta")}


def test_after_an_error_the_folder_is_as_it_was(parts, tmp_path):
    save_model(parts["vae"], tmp_path / "vae")
    before = {file.name: file.read_bytes() for file in (tmp_path / "vae").iterdir()}
    with pytest.raises((LoomError, NotImplementedError, RuntimeError)):
        save_model(Unwritable(2, 2), tmp_path / "vae")
    assert {file.name: file.read_bytes() for file in (tmp_path / "vae").iterdir()} == before
    assert [path.name for path in Path(tmp_path).iterdir()] == ["vae"]
