"""How names in code become labels, and names of classes names of ports."""

from __future__ import annotations

import re

# Words that the field does not write as others are written.
TERMS = {
    "control net": "ControlNet",
    "controlnet": "ControlNet",
    "dtype": "data type",
    "lora": "LoRA",
    "psnr": "PSNR",
    "snr": "SNR",
    "ssim": "SSIM",
    "t2iadapter": "T2I-Adapter",
    "unet": "UNet",
    "vae": "VAE",
}
_TERM = re.compile(rf"\b({'|'.join(TERMS)})\b")


def title(name: str) -> str:
    """`text_encoder` as people read it: `Text encoder`; `unet` as the field does: `UNet`."""
    words = _TERM.sub(lambda found: TERMS[found[0]], name.replace("_", " "))
    return words[:1].upper() + words[1:]


def snake(name: str) -> str:
    """`TextEncoder` → `text_encoder`, `UNet` → `unet`, `VAE` → `vae`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name).lower()
