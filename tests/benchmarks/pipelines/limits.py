"""What this machine's arithmetic allows: the best rate of large products and convolutions."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.benchmarks.pipelines.worker import clock

# A UNet's step with guidance and an autoencoder's decode, at 512², in floating point operations.
STEP_512, DECODE_512 = 1.607e12, 2.515e12
SIDE = 2048


@torch.inference_mode()
def rates(dtype: torch.dtype, device: str, seconds: float = 4.0) -> dict[str, float]:
    """Operations a second of a matrix product and of a 3×3 convolution, the best of many."""
    a, b = (torch.randn(SIDE, SIDE, device=device).to(dtype) for _ in range(2))
    pixels = torch.randn(2, 640, 64, 64, device=device).to(dtype)
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    weight = torch.randn(640, 640, 3, 3, device=device).to(dtype)
    weight = weight.contiguous(memory_format=torch.channels_last)
    return {
        "matrix product": 2 * SIDE**3 / _best(lambda: a @ b, device, seconds),
        "convolution": 2
        * 9
        * 640
        * pixels.numel()
        / _best(lambda: F.conv2d(pixels, weight, padding=1), device, seconds),
    }


def _best(act: Callable[[], Tensor], device: str, seconds: float) -> float:
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = clock()
        act()
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, clock() - began)
    return best
