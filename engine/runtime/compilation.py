"""Layers compiled by torch: those that repeat throughout a model, once for each shape.

Compiling a whole UNet takes minutes and again for every change in what it is given; its residual
blocks and gated layers hold what there is to be fused, and a compiled one serves all that are as
wide. Attention stays as it is, within reach of hooks. What was compiled is kept on disk.
"""

from __future__ import annotations

import os

import torch._dynamo
from platformdirs import user_cache_path
from torch import nn

from engine.diffusion.blocks.attention import GEGLU
from engine.diffusion.blocks.resnet import ResnetBlock2D

REPEATED = (ResnetBlock2D, GEGLU)
# Widths and sizes that a kind of layer may have before torch stops compiling more of it.
VARIANTS = 64


def compile_blocks(model: nn.Module, backend: str = "inductor") -> None:
    """Have the repeated layers of `model` compiled at their first calls, in place.

    `backend` is one of torch's. Names of weights stay; numbers differ by the order of sums. A layer
    that torch can't compile raises torch's own error at its first call.
    """
    folder = str(user_cache_path("latent-loom") / "compiled")
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", folder)
    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, VARIANTS)
    for layer in model.modules():
        if isinstance(layer, REPEATED):
            layer.compile(backend=backend)
