"""Which way attention is computed, known without importing torch, because recipe keys need it."""

from __future__ import annotations

import importlib.util
import os

from engine.diffusion.blocks.native_build import available
from engine.graph.errors import LoomError
from engine.runtime.attention_choice import fastest

ATTENTION_VARIABLE = "LOOM_ATTENTION"
BACKENDS = ("auto", "sdpa", "native", "xformers", "sliced")
# What the scores of a slice may take, in MiB, where nothing is said.
SLICE = 256


def pick_attention(wanted: str, device: str, dtype: str = "float32") -> str:
    """The backend for a device kind: what is `wanted`, else what LOOM_ATTENTION says, else the
    fastest: `sdpa`, `native`, `xformers`, or `sliced:MiB` with the most that a slice may take.

    "auto" is the fastest too, see `attention_choice`. Raises LoomError for a name that is not
    known, and for a backend that can't be used here.
    """
    source = "The attention backend" if wanted else ATTENTION_VARIABLE
    wanted = wanted or os.environ.get(ATTENTION_VARIABLE, "") or "auto"
    name, colon, size = wanted.partition(":")
    sized = not colon or (name == "sliced" and size.isascii() and size.isdigit() and int(size) > 0)
    if name not in BACKENDS or not sized:
        raise LoomError(
            f"{source} is {wanted!r}.",
            remedy=f"Set it to one of {', '.join(BACKENDS)}, or to sliced:MiB, as in sliced:64.",
        )
    if name == "xformers":
        _check_xformers(device)
    if name == "native":
        _check_native(device)
    if name == "sliced":
        return f"sliced:{int(size or SLICE)}"
    return name if name != "auto" else fastest(device, dtype)


def _check_native(device: str) -> None:
    if device != "cpu" or not available(False):
        raise LoomError(
            "The native attention kernel needs Linux, a CPU with AVX-512 and a C compiler.",
            remedy="Choose sdpa attention.",
        )


def _check_xformers(device: str) -> None:
    remedy = "Choose sdpa or sliced attention."
    if device != "cuda":
        raise LoomError(
            f"xFormers computes attention on NVIDIA cards only, and this run is on {device}.",
            remedy=remedy,
        )
    if importlib.util.find_spec("xformers") is None:
        raise LoomError(
            "xFormers is not installed.",
            remedy=f"Install latent-loom[cuda]. {remedy}",
        )
