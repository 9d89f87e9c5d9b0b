"""StableDiffusionSafetyChecker against the reference: same weights, same pictures, float32."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.diffusion.models.safety_checker import StableDiffusionSafetyChecker

pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def theirs():
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    torch.manual_seed(0)
    vision = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 8,
        "patch_size": 4,
    }
    config = CLIPConfig(projection_dim=12, vision_config=vision, text_config={"hidden_size": 16})
    model = StableDiffusionSafetyChecker(config).eval().requires_grad_(False)
    g = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=g) * 0.5)
    near = cosines(model, model.concept_embeds, pictures())
    model.concept_embeds_weights.copy_(near.quantile(0.96, dim=0))
    near = cosines(model, model.special_care_embeds, pictures())
    model.special_care_embeds_weights.copy_(near.quantile(0.7, dim=0))
    return model


def ours(theirs) -> StableDiffusionSafetyChecker:
    model = StableDiffusionSafetyChecker(theirs.config).eval().requires_grad_(False)
    weights = {model.current_name(n): v for n, v in theirs.state_dict().items()}
    model.load_state_dict(weights)
    return model


def pictures() -> torch.Tensor:
    return torch.randn(64, 3, 8, 8, generator=torch.Generator().manual_seed(2)) * 3


def cosines(model, concepts: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    image = model.visual_projection(model.vision_model(pixels).pooler_output)
    return torch.nn.functional.cosine_similarity(image[:, None], concepts[None], dim=-1)


def test_verdicts(theirs):
    blanked, flags = theirs(pictures(), torch.ones(64, 8, 8, 3))
    verdicts = ours(theirs)(pictures())
    assert [verdict.blank for verdict in verdicts] == flags
    assert 5 < sum(flags) < 60
    assert [bool((image == 0).all()) for image in blanked] == flags


def test_scores_are_similarities_above_thresholds(theirs):
    found = cosines(theirs, theirs.concept_embeds, pictures()) - theirs.concept_embeds_weights
    for row, verdict in zip(found.tolist(), ours(theirs)(pictures()), strict=True):
        want = [score + (0.01 if verdict.special else 0.0) for score in row]
        for i, score in enumerate(want):
            assert verdict.concepts.get(i, 0.0) == pytest.approx(max(score, 0.0), abs=6e-4)


def test_published_names_load_in_the_reference(theirs, tmp_path: Path):
    """Ours are the published names; both libraries read them, and what transformers 5 writes."""
    theirs.save_pretrained(tmp_path)
    flat = load_file(tmp_path / "model.safetensors")
    weights = {n: v.contiguous() for n, v in ours(theirs).state_dict().items()}
    assert {StableDiffusionSafetyChecker.current_name(n) for n in flat} == weights.keys()
    assert "vision_model.vision_model.pre_layrnorm.weight" in weights
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    again, report = type(theirs).from_pretrained(tmp_path, output_loading_info=True)
    assert not report["missing_keys"] and not report["mismatched_keys"]
    for name, value in again.state_dict().items():
        assert torch.equal(value, theirs.state_dict()[name]), name
