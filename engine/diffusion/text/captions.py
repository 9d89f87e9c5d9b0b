"""Words made by models: captions of pictures (BLIP) and variations of a text (T5).

Both are transformers' own models, in the folders they are published in: configuration, weights and
tokenizer side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from engine.diffusion.images.pixels import to_pil
from engine.diffusion.values import Image
from engine.graph.errors import LoomError


def captions(
    model: Any, folder: Path, image: Image, begin: str = "a photograph of", most: int = 30
) -> list[str]:
    """What BLIP (Li et al. 2022) says of each picture: `begin`, and at most `most` tokens more.

    Raises LoomError where `folder` has no image processor or tokenizer.
    """
    processor, tokenizer = _part(folder, "AutoImageProcessor"), _part(folder, "AutoTokenizer")
    pixels = processor(images=to_pil(image), return_tensors="pt").pixel_values
    count = pixels.shape[0]
    words = tokenizer([begin] * count, return_tensors="pt").input_ids if begin else None
    with torch.no_grad():
        ids = model.generate(
            pixel_values=pixels.to(model.device, model.dtype),
            input_ids=None if words is None else words.to(model.device),
            max_new_tokens=most,
            do_sample=False,
        )
    return [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]


def variations(
    model: Any,
    folder: Path,
    request: str,
    *,
    count: int = 16,
    seed: int = 0,
    temperature: float = 0.8,
    top_k: int = 10,
    most: int = 60,
) -> list[str]:
    """`count` answers of a sequence-to-sequence model such as Flan-T5 to a request.

    Each token is drawn from the `top_k` likeliest ones at `temperature`, the same for the same
    seed. Raises LoomError for an empty request and where `folder` has no tokenizer.
    """
    if not request.strip():
        raise LoomError(
            "There is nothing to answer.",
            field="request",
            remedy="Ask for something: Write a caption for a picture of a dog.",
        )
    tokenizer = _part(folder, "AutoTokenizer")
    ids = tokenizer(request, return_tensors="pt").input_ids.to(model.device)
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.no_grad(), torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        found = model.generate(
            input_ids=ids,
            do_sample=True,
            num_return_sequences=count,
            temperature=temperature,
            top_k=top_k,
            max_new_tokens=most,
        )
    return [text.strip() for text in tokenizer.batch_decode(found, skip_special_tokens=True)]


def listed(texts: Sequence[str]) -> str:
    """Texts as the lines of one."""
    return "\n".join(text.replace("\n", " ") for text in texts)


def _part(folder: Path, kind: str) -> Any:
    import transformers

    try:
        return getattr(transformers, kind).from_pretrained(folder, local_files_only=True)
    except Exception as error:  # whatever a missing or foreign file makes transformers raise
        what = "image processor" if "Image" in kind else "tokenizer"
        raise LoomError(
            f"{folder.name} has no {what} that can be read.",
            field="model",
            remedy="Check that the model's folder is complete.",
        ) from error
