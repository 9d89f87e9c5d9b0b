"""StableDiffusionSafetyChecker: which pictures look like concepts that should not be shown.

CLIP's embedding of a picture (Radford et al. 2021) is compared with embeddings of concepts, whose
wording was never published; Rando et al. 2022, "Red-Teaming the Stable Diffusion Safety Filter",
describe the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CONCEPTS, SPECIAL = 17, 3
# A picture near a special concept is held to thresholds that are lower by this.
STRICTER = 0.01
TOWER = "vision_model."


@dataclass(frozen=True)
class Verdict:
    """What was found in one picture: scores above zero, by the number of the concept.

    A score is the cosine similarity less the concept's threshold, to three places.
    """

    concepts: Mapping[int, float]
    special: Mapping[int, float]

    @property
    def blank(self) -> bool:
        """Whether the picture should not be shown."""
        return bool(self.concepts)


class StableDiffusionSafetyChecker(nn.Module):
    """Verdicts on pictures, by cosine similarity to concepts with a threshold each."""

    def __init__(self, config: Any) -> None:
        """`config` is a transformers CLIPConfig."""
        from transformers import CLIPVisionModel

        super().__init__()
        self.config = config
        vision, width = config.vision_config, config.projection_dim
        # Published files name the tower within the model of the same name.
        self.vision_model = nn.ModuleDict({"vision_model": CLIPVisionModel(vision)})
        self.visual_projection = nn.Linear(vision.hidden_size, width, bias=False)
        self.concept_embeds = _fixed(CONCEPTS, width)
        self.special_care_embeds = _fixed(SPECIAL, width)
        self.concept_embeds_weights = _fixed(CONCEPTS)
        self.special_care_embeds_weights = _fixed(SPECIAL)

    @classmethod
    def from_config(cls, data: Mapping[str, Any]) -> Self:
        """Build from a parsed `config.json`, with fresh random weights."""
        from transformers import CLIPConfig

        return cls(CLIPConfig.from_dict(dict(data)))

    @staticmethod
    def current_name(name: str) -> str:
        """The name that a tensor goes by here.

        Files written by transformers 5.6 and later name the tower once, published ones twice.
        """
        if name.startswith(TOWER) and not name.startswith(2 * TOWER):
            return TOWER + name
        return name

    def forward(self, pixels: Tensor) -> tuple[Verdict, ...]:
        """A verdict on each picture of (B, 3, h, w), normalised as CLIP's image processor does."""
        tower = self.vision_model["vision_model"]
        pooled = tower(pixels.to(self.visual_projection.weight.dtype)).pooler_output
        image = self.visual_projection(pooled)
        special = _scores(image, self.special_care_embeds, self.special_care_embeds_weights)
        near = (special > 0).any(dim=1, keepdim=True)  # (B, 1)
        concepts = _scores(
            image, self.concept_embeds, self.concept_embeds_weights, lowered=near * STRICTER
        )
        return tuple(
            Verdict(_above(row), _above(care)) for row, care in zip(concepts, special, strict=True)
        )


def _scores(
    image: Tensor, concepts: Tensor, thresholds: Tensor, lowered: Tensor | float = 0.0
) -> Tensor:
    """Cosine similarities (B, N) of pictures to concepts less thresholds, to three places."""
    cosines = F.normalize(image.float()) @ F.normalize(concepts.float()).T
    above = cosines.cpu().double() - thresholds.cpu().double() + lowered
    return torch.round(above, decimals=3)


def _above(scores: Tensor) -> dict[int, float]:
    return {i: round(score, 3) for i, score in enumerate(scores.tolist()) if score > 0}


def _fixed(*shape: int) -> nn.Parameter:
    """A place for numbers that come with the weights and are never trained."""
    return nn.Parameter(torch.ones(shape), requires_grad=False)
