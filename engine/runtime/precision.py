"""How exact float32 products are on graphics cards. Imports torch."""

from __future__ import annotations

import torch


def set_precision(tf32: bool) -> None:
    """Whether products and convolutions of float32 may round what they multiply to 10 bits.

    Torch itself does so with convolutions. TensorFloat-32 (NVIDIA A100 white paper, 2020) is
    several times as fast, and errs by about 1e-3. It holds for the process, and for cards alone.
    """
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
