"""Pictures through the safety checker: what is flagged comes back black."""

from __future__ import annotations

import torch

from engine.diffusion.images.pixels import to_pil
from engine.diffusion.models.safety_checker import StableDiffusionSafetyChecker
from engine.diffusion.values import Image


@torch.inference_mode()
def blanked(checker: StableDiffusionSafetyChecker, image: Image) -> tuple[Image, list[int]]:
    """The pictures (B, 3, H, W), flagged ones black, and the numbers of those, from 0.

    They are resized and normalised as CLIP's image processor does for the checker's input size.
    """
    from transformers import CLIPImageProcessorPil

    side = checker.config.vision_config.image_size
    processor = CLIPImageProcessorPil(
        size={"shortest_edge": side}, crop_size={"height": side, "width": side}
    )
    pixels = processor(images=to_pil(image), return_tensors="pt").pixel_values
    device = next(checker.parameters()).device
    numbers = [k for k, verdict in enumerate(checker(pixels.to(device))) if verdict.blank]
    kept = image.pixels.clone()
    kept[numbers] = 0
    return Image(kept), numbers
