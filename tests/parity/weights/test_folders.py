"""Diffusers folders: what the reference writes we read, and the other way round."""

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.values import Scheduler
from engine.diffusion.weights.convert import Conversion, convert
from engine.diffusion.weights.find import component, components
from engine.diffusion.weights.load import load_component
from engine.diffusion.weights.save import save_pipeline

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity

NAMES = ("sd1", "sd2", "sdxl", "refiner")
MODELS = ("unet", "vae", "text_encoder", "text_encoder_2")
each = pytest.mark.parametrize("name", NAMES)


def assert_same(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for key, tensor in ours.items():
        assert torch.equal(tensor, theirs[key]), key


def models(pipeline: Any) -> dict[str, Any]:
    return {part: model for part in MODELS if (model := getattr(pipeline, part, None)) is not None}


@each
@pytest.mark.parametrize(
    ("variant", "shard", "safe"),
    [
        ("", None, True),
        ("", "300KB", True),
        ("bf16", None, True),
        ("bf16", "300KB", True),
        ("", None, False),
    ],
    ids=["plain", "sharded", "variant", "sharded variant", "pickled"],
)
def test_we_read_what_the_reference_writes(name, variant, shard, safe, reference, tmp_path: Path):
    rest = {"max_shard_size": shard} if shard else {}
    reference(name).save_pretrained(
        tmp_path, variant=variant or None, safe_serialization=safe, **rest
    )
    found = components(tmp_path, variant)
    for part, wanted in models(reference(name)).items():
        assert len(found[part].weights()) > 1 or not shard
        assert_same(load_component(found[part]).state_dict(), wanted.state_dict())


@each
@pytest.mark.parametrize("variant", ["", "fp16"])
@pytest.mark.parametrize("shard", [None, 300_000])
def test_the_reference_reads_what_we_write(name, variant, shard, reference, folders, tmp_path):
    found = components(folders(name))
    parts: dict[str, Any] = {
        part: load_component(c) for part, c in found.items() if part != "scheduler"
    }
    parts["scheduler"] = Scheduler.from_json(found["scheduler"].config())
    kind = type(reference(name)).__name__
    save_pipeline(parts, tmp_path / "m", kind, variant=variant, max_shard=shard)
    read = diffusers.DiffusionPipeline.from_pretrained(
        tmp_path / "m", variant=variant or None, local_files_only=True
    )
    assert type(read).__name__ == kind
    assert models(read).keys() == models(reference(name)).keys()
    for part, wanted in models(reference(name)).items():
        assert_same(getattr(read, part).state_dict(), wanted.state_dict())
        assert getattr(read, part).dtype == torch.float32
    ours = {n: v for n, v in read.scheduler.config.items() if n[0] != "_"}
    theirs = {n: v for n, v in reference(name).scheduler.config.items() if n[0] != "_"}
    assert ours == theirs


def test_converted_folders(reference, folders, index_of, tmp_path: Path):
    convert(
        folders("sd1"),
        tmp_path / "m",
        "diffusers",
        Conversion("float16", "fp16", max_shard=300_000),
    )
    assert index_of(tmp_path / "m") == index_of(folders("sd1"))
    read = diffusers.DiffusionPipeline.from_pretrained(
        tmp_path / "m", variant="fp16", torch_dtype=torch.float16, local_files_only=True
    )
    for part, wanted in models(reference("sd1")).items():
        half = {n: t.half() if t.is_floating_point() else t for n, t in wanted.state_dict().items()}
        assert_same(getattr(read, part).state_dict(), half)
        ours = load_component(component(tmp_path / "m", part, "fp16"), torch.float16)
        want = {n: t.float() for n, t in half.items()} if part == "vae" else half  # force_upcast
        assert_same(ours.state_dict(), want)
