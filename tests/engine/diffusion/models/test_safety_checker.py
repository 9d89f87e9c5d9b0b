from types import SimpleNamespace

import pytest
import torch

from engine.diffusion.models.safety_checker import StableDiffusionSafetyChecker

CONFIG = {
    "projection_dim": 20,
    "vision_config": {
        "hidden_size": 20,
        "intermediate_size": 20,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 4,
        "patch_size": 4,
    },
}


class Seen(torch.nn.Module):
    """Takes the first twenty numbers of a picture for its embedding."""

    def forward(self, pixels):
        return SimpleNamespace(pooler_output=pixels.flatten(1)[:, :20])


@pytest.fixture
def checker() -> StableDiffusionSafetyChecker:
    """Concept i is the direction i, special concept i the direction 17 + i; thresholds 0.5."""
    model = StableDiffusionSafetyChecker.from_config(CONFIG).requires_grad_(False)
    model.vision_model["vision_model"] = Seen()
    model.visual_projection.weight.copy_(torch.eye(20))
    model.concept_embeds.copy_(3 * torch.eye(20)[:17])
    model.special_care_embeds.copy_(2 * torch.eye(20)[17:])
    model.concept_embeds_weights.fill_(0.5)
    model.special_care_embeds_weights.fill_(0.5)
    return model


def picture(along: dict[int, float]) -> torch.Tensor:
    """(1, 3, 4, 4) whose embedding has length one and these parts along the directions.

    The rest of its length points away from all other concepts, in equal parts.
    """
    embedding = torch.zeros(48)
    for direction, part in along.items():
        embedding[direction] = part
    free = [i for i in range(17) if i not in along]
    embedding[free] = -((1 - embedding.square().sum()) / len(free)).sqrt()
    return embedding.view(1, 3, 4, 4)


@pytest.mark.parametrize(
    ("along", "concepts", "special"),
    [
        ({4: 0.6, 11: 0.74}, {4: 0.1, 11: 0.24}, {}),
        ({4: 0.499, 5: 0.48}, {}, {}),
        ({4: 0.5}, {}, {}),
        # Near a special concept the thresholds are lower by 0.01.
        ({4: 0.495, 17: 0.6}, {4: 0.005}, {0: 0.1}),
        ({4: 0.489, 17: 0.6}, {}, {0: 0.1}),
    ],
)
def test_rule(checker, along, concepts, special):
    [verdict] = checker(picture(along))
    assert dict(verdict.concepts) == pytest.approx(concepts)
    assert dict(verdict.special) == pytest.approx(special)
    assert verdict.blank is bool(concepts)


def test_pictures_are_judged_one_by_one(checker):
    bad, near = checker(torch.cat([picture({4: 1.0}), picture({18: 1.0})]))
    assert (bad.blank, near.blank) == (True, False)
    assert dict(bad.concepts) == {4: 0.5} and dict(near.special) == {1: 0.5}


def test_both_ways_of_naming_the_tower_are_one():
    name = StableDiffusionSafetyChecker.current_name
    full = "vision_model.vision_model.pre_layrnorm.weight"
    assert name(full) == name("vision_model.pre_layrnorm.weight") == full
    assert name("visual_projection.weight") == "visual_projection.weight"
    with torch.device("meta"):
        assert full in StableDiffusionSafetyChecker.from_config(CONFIG).state_dict()
