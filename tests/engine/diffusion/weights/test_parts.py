import json
import shutil
from pathlib import Path

import pytest

from engine.diffusion.values import VAE, Scheduler, UNet
from engine.diffusion.weights.parts import find_part, open_part, probe
from engine.graph.errors import LoomError

PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")


def test_a_probe_says_the_facets_of_each_part(tiny_model: Path):
    found = probe(tiny_model, PARTS)
    assert found["unet"] == {"space": "tiny", "channels": 4, "width": 32}
    assert found["vae"] == {"space": "tiny", "channels": 4}
    assert found["text_encoder"] == {"space": "tiny", "width": 32}


def test_parts_open_as_handles(tiny_model: Path):
    unet, vae = open_part(tiny_model, "unet"), open_part(tiny_model, "vae", dtype="float16")
    assert isinstance(unet, UNet) and isinstance(vae, VAE)
    assert (unet.factor, unet.sample_size, unet.dtype, vae.dtype) == (4, 8, "", "float16")
    scheduler = open_part(tiny_model, "scheduler")
    assert isinstance(scheduler, Scheduler) and scheduler.class_name == "DDIMScheduler"


def test_a_subfolder_of_a_pipeline_is_the_same_part(tiny_model: Path):
    assert open_part(tiny_model / "unet", "unet") == open_part(tiny_model, "unet")


def test_a_part_in_a_folder_of_its_own(tiny_model: Path, tmp_path: Path):
    alone = Path(shutil.copytree(tiny_model / "vae", tmp_path / "my_vae"))
    found, whole = open_part(alone, "vae"), open_part(tiny_model, "vae")
    assert isinstance(found, VAE) and isinstance(whole, VAE)
    assert (found.digest, found.factor, found.space) == (whole.digest, 4, "")
    with pytest.raises(LoomError, match="AutoencoderKL, which is no unet"):
        find_part(alone, "unet")


def test_a_part_that_is_missing_is_named_with_those_there_are(model_copy: Path):
    shutil.rmtree(model_copy / "vae")
    with pytest.raises(LoomError, match="has no vae; it has tokenizer, text_encoder, unet") as e:
        probe(model_copy, PARTS)
    assert e.value.field == "model"


def test_a_part_of_another_class_is_refused(model_copy: Path):
    index = json.loads((model_copy / "model_index.json").read_text())
    index["unet"] = ["diffusers", "Transformer2DModel"]
    (model_copy / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(LoomError, match="Transformer2DModel, which is no unet"):
        probe(model_copy, ["unet"])


def test_a_file_cut_short_is_found_before_anything_is_loaded(model_copy: Path):
    file = model_copy / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-10])
    assert probe(model_copy, ["vae"])
    with pytest.raises(LoomError, match="damaged or incomplete") as caught:
        probe(model_copy, PARTS)
    assert str(file) in str(caught.value)


def test_a_part_goes_by_the_name_its_family_gives_it(model_copy: Path):
    index = json.loads((model_copy / "model_index.json").read_text())
    index["vqvae"] = index.pop("vae")
    (model_copy / "model_index.json").write_text(json.dumps(index))
    (model_copy / "vae").rename(model_copy / "vqvae")
    vae = open_part(model_copy, "vae")
    assert isinstance(vae, VAE) and vae.subfolder == "vqvae" and vae.factor == 4
    assert probe(model_copy, ["vae"])["vae"] == {"space": "tiny", "channels": 4}
