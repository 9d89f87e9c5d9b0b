"""How models would be held, told before anything is loaded, from their files' headers alone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from engine.diffusion.values import ModelRef
from engine.diffusion.weights.files import header_of
from engine.diffusion.weights.find import component
from engine.diffusion.weights.headers import BITS
from engine.graph.errors import LoomError
from engine.graph.prefetch import Outlook
from engine.runtime.budget import Budget, in_words, usable_ram
from engine.runtime.device import Device
from engine.runtime.placement import AUTOENCODERS

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


def forecast(refs: Iterable[ModelRef], device: Device, budget: Budget) -> Outlook | None:
    """How the models of one node would be held on a device; None where they have no weights.

    What is computed beside them is counted when it runs. Imports no torch, so that of a graphics
    card without a budget nothing is known.
    """
    sizes = {ref: weights_of(ref, device) for ref in refs}
    weights = sum(sizes.values())
    if not weights:
        return None
    room = budget.vram if device.kind == "cuda" else budget.ram or usable_ram()
    how = "there as a whole"
    if any(ref.class_name not in AUTOENCODERS and not ref.patches for ref in sizes):
        if not room:
            how = "streamed a part at a time if the card has no room"
        elif weights > room:
            how = "streamed a part at a time"
        elif weights > room // 2:
            how = "there as a whole, or streamed, as what is computed beside them needs"
    within = f"; the budget is {in_words(room)}" if room else ""
    return Outlook(weights, f"weights of {in_words(weights)}, {how}{within}")


def weights_of(ref: ModelRef, device: Device) -> int:
    """Bytes of a model's weights in the numbers that it would have on a device; 0 where its files
    can't be read.
    """
    try:
        found = component(Path(ref.folder), ref.subfolder, ref.variant)
        size = found.size()
        if not size:
            return 0
        wanted = device.dtype_for(ref.dtype)
        if wanted == "float16" and found.config().get("force_upcast") is True:
            wanted = "float32"
        stored = [info for file in found.weights() for info in header_of(file).tensors.values()]
    except (LoomError, OSError):
        return 0
    numbers = sum(math.prod(info.shape) for info in stored)
    bits = sum(BITS[info.dtype] * math.prod(info.shape) for info in stored)
    return size * 8 * BYTES[wanted] * numbers // max(bits, 1)
