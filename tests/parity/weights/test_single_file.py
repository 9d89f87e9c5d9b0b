"""Original single files: what we write the reference reads, and both read the same tensors."""

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.weights.convert import Conversion, convert
from engine.diffusion.weights.find import component, components
from engine.diffusion.weights.load import load_component
from engine.diffusion.weights.maps.text import published_name

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity

NAMES = ("sd1", "sd1-inpaint", "sd2", "sdxl", "refiner")
MODELS = ("unet", "vae", "text_encoder", "text_encoder_2")
each = pytest.mark.parametrize("name", NAMES)


def assert_same(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for key, tensor in ours.items():
        assert tensor.dtype == theirs[key].dtype, key
        assert torch.equal(tensor, theirs[key]), key


@pytest.fixture(scope="module")
def files(folders, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`(name)` → the reference's folder, written by us in the original layout."""
    root = tmp_path_factory.mktemp("original")

    def of(name: str) -> Path:
        file = root / f"{name}.safetensors"
        if not file.is_file():
            convert(folders(name), file, "original")
        return file

    return of


@each
def test_the_reference_reads_what_we_write(name: str, reference, folders, files):
    kind = type(reference(name))
    read = kind.from_single_file(files(name), config=str(folders(name)), local_files_only=True)
    for part in MODELS:
        wanted = getattr(reference(name), part, None)
        if wanted is not None:
            assert_same(getattr(read, part).state_dict(), wanted.state_dict())


@each
def test_we_read_the_same_as_the_reference(name: str, reference, files):
    found = components(files(name))
    for part in MODELS:
        wanted = getattr(reference(name), part, None)
        assert (part in found) == (wanted is not None)
        if wanted is not None:
            assert_same(load_component(found[part]).state_dict(), wanted.state_dict())


@each
def test_our_folder_of_a_file_is_read_by_the_reference(
    name: str, reference, files, folders, index_of, tmp_path: Path
):
    convert(files(name), tmp_path / "folder", "diffusers")
    read = diffusers.DiffusionPipeline.from_pretrained(tmp_path / "folder", local_files_only=True)
    assert type(read) is type(reference(name))
    for part in MODELS:
        wanted = getattr(reference(name), part, None)
        if wanted is not None:
            assert_same(getattr(read, part).state_dict(), wanted.state_dict())
    words = "a red fish"
    tokenizer = "tokenizer_2" if name == "refiner" else "tokenizer"
    wanted = getattr(reference(name), tokenizer)(words).input_ids
    assert getattr(read, tokenizer)(words).input_ids == wanted
    assert read.scheduler.config.steps_offset == 1


@each
def test_half_precision(name: str, reference, folders, tmp_path: Path):
    file = tmp_path / "half.safetensors"
    convert(folders(name), file, "original", Conversion("float16"))
    read = type(reference(name)).from_single_file(
        file, config=str(folders(name)), local_files_only=True, torch_dtype=torch.float16
    )
    ours = load_component(component(file, "unet"), torch.float16)
    assert_same(ours.state_dict(), read.unet.state_dict())
    assert ours.conv_in.weight.dtype == torch.float16


def test_pickled_checkpoints(reference, folders, files, tmp_path: Path):
    from safetensors.torch import load_file

    file = tmp_path / "model.ckpt"
    torch.save({"state_dict": load_file(files("sd1"))}, file)
    kind = type(reference("sd1"))
    read = kind.from_single_file(file, config=str(folders("sd1")), local_files_only=True)
    for part in ("unet", "vae", "text_encoder"):
        ours = load_component(component(file, part)).state_dict()
        assert_same(ours, getattr(read, part).state_dict())


@pytest.mark.parametrize("part", ["unet", "vae"])
def test_a_component_alone(part: str, reference, folders, tmp_path: Path):
    file = tmp_path / "alone.safetensors"
    convert(folders("sd1") / part, file, "original")
    wanted = getattr(reference("sd1"), part)
    read = type(wanted).from_single_file(
        file, config=str(folders("sd1")), subfolder=part, local_files_only=True
    )
    assert_same(read.state_dict(), wanted.state_dict())
    assert_same(load_component(component(file)).state_dict(), wanted.state_dict())


def controlnets() -> dict[str, dict[str, Any]]:
    small: dict[str, Any] = {
        "block_out_channels": (32, 64),
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "layers_per_block": 1,
        "cross_attention_dim": 64,
        "attention_head_dim": 8,
        "conditioning_embedding_out_channels": (16, 32, 48, 64),
    }
    return {
        "sd1": small,
        "sd2": {**small, "use_linear_projection": True, "attention_head_dim": (1, 1)},
        "two layers": {**small, "layers_per_block": 2, "conditioning_channels": 1},
    }


@pytest.mark.parametrize("name", controlnets())
@pytest.mark.parametrize("layout", ["original", "diffusers"])
def test_controlnets(name: str, layout: str, tmp_path: Path):
    torch.manual_seed(0)
    theirs = diffusers.ControlNetModel(**controlnets()[name])
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    theirs.save_pretrained(tmp_path / "folder")
    if layout == "original":
        file = tmp_path / "control.safetensors"
        convert(tmp_path / "folder", file, "original")
        read = diffusers.ControlNetModel.from_single_file(
            file, config=str(tmp_path / "folder"), local_files_only=True
        )
        assert_same(read.state_dict(), theirs.state_dict())
    else:
        file = tmp_path / "folder" / "diffusion_pytorch_model.safetensors"
    found = component(file)
    assert found.class_name == "ControlNetModel"
    assert_same(dict(found.tensors()), theirs.state_dict())
    rebuilt = diffusers.ControlNetModel.from_config(found.config())
    rebuilt.load_state_dict(theirs.state_dict())
    fields = ("block_out_channels", "conditioning_channels", "conditioning_embedding_out_channels")
    for field in (*fields, "layers_per_block", "cross_attention_dim", "in_channels"):
        assert list_of(rebuilt.config[field]) == list_of(theirs.config[field]), field


def list_of(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | list) else value


def test_names_of_text_encoders_do_not_depend_on_who_wrote_them(reference, folders):
    stored = component(folders("sd1"), "text_encoder").tensors()
    names = {published_name(name) for name, _ in stored}
    assert all(name.startswith("text_model.") for name in names)
    assert len(names) == len(reference("sd1").text_encoder.state_dict())
