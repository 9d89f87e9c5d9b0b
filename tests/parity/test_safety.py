"""The safety checker on pictures, as a function and as a node, against the reference's."""

from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("diffusers")

from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import CLIPConfig, CLIPImageProcessorPil

from engine.diffusion.images.pixels import to_pil
from engine.diffusion.safety import blanked
from engine.diffusion.values import Image
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.graph.context import Context
from engine.graph.errors import LoomError
from nodes.safety import check, load_safety_checker

pytestmark = pytest.mark.parity
SIDE, COUNT = 16, 24


def pictures() -> Image:
    """Wider than high, so that the checker's input is cut out of their middle."""
    g = torch.Generator().manual_seed(2)
    rough = torch.rand(COUNT, 3, 4, 5, generator=g)
    return Image(torch.nn.functional.interpolate(rough, size=(24, 36), mode="nearest"))


def prepared() -> torch.Tensor:
    size = {"height": SIDE, "width": SIDE}
    processor = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=size)
    return processor(to_pil(pictures()), return_tensors="pt").pixel_values


@pytest.fixture(scope="module")
def theirs() -> StableDiffusionSafetyChecker:
    """With thresholds at which about a third of the pictures are flagged."""
    small = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    vision = {**small, "image_size": SIDE, "patch_size": 4}
    config = CLIPConfig(projection_dim=12, vision_config=vision, text_config=small)
    model = StableDiffusionSafetyChecker(config).eval().requires_grad_(False)
    g = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=g) * 0.5)
    embeds = model.visual_projection(model.vision_model(prepared()).pooler_output)
    for concepts, thresholds, share in (
        (model.concept_embeds, model.concept_embeds_weights, 0.97),
        (model.special_care_embeds, model.special_care_embeds_weights, 0.8),
    ):
        near = torch.nn.functional.cosine_similarity(embeds[:, None], concepts[None], dim=-1)
        thresholds.copy_(near.quantile(share, dim=0))
    return model


@pytest.fixture(scope="module")
def folder(theirs: StableDiffusionSafetyChecker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models") / "checker"
    theirs.save_pretrained(root)
    return root


@pytest.fixture(scope="module")
def flags(theirs: StableDiffusionSafetyChecker) -> list[bool]:
    _, found = theirs(clip_input=prepared(), images=np.ones((COUNT, 24, 36, 3)))
    assert 2 < sum(found) < COUNT - 2
    return found


def test_flagged_pictures_come_back_black_and_others_as_they_were(folder: Path, flags: list[bool]):
    before = pictures()
    found, numbers = blanked(load_component(find_component(folder)), before)
    assert numbers == [k for k, flag in enumerate(flags) if flag]
    for old, new, flag in zip(before.pixels, found.pixels, flags, strict=True):
        assert torch.equal(new, torch.zeros_like(old) if flag else old)
    assert torch.equal(before.pixels, pictures().pixels)


def test_the_node_counts_and_names_them(folder: Path, flags: list[bool]):
    said: list[str] = []
    context = Context(on_progress=lambda step, total, words: said.append(words))
    found = check(context, load_safety_checker(folder), pictures())
    assert found.blanked == sum(flags)
    numbers = ", ".join(str(k + 1) for k, flag in enumerate(flags) if flag)
    assert said == [f"Blanked: picture {numbers}."]
    (first,) = [flags.index(False)]
    assert torch.equal(found.image.pixels[first], pictures().pixels[first])


def test_pictures_that_pass_are_not_remarked_on(folder: Path, flags: list[bool]):
    said: list[str] = []
    context = Context(on_progress=lambda step, total, words: said.append(words))
    fine = Image(pictures().pixels[[k for k, flag in enumerate(flags) if not flag]])
    found = check(context, load_safety_checker(folder), fine)
    assert (found.blanked, said) == (0, [])
    assert torch.equal(found.image.pixels, fine.pixels)


def test_a_model_without_a_checker(tiny_model: Path):
    with pytest.raises(LoomError, match="has no safety checker"):
        load_safety_checker(tiny_model)
