"""The activation functions that published configs name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch.nn.functional as F
from torch import Tensor

from engine.graph.errors import LoomError

Activation = Callable[[Tensor], Tensor]

ACTIVATIONS: Mapping[str, Activation] = {
    "silu": F.silu,
    "swish": F.silu,
    "mish": F.mish,
    "gelu": F.gelu,
    "relu": F.relu,
}


def activation(name: str) -> Activation:
    """The function that a config's `act_fn` names. Raises LoomError for an unknown name."""
    if name not in ACTIVATIONS:
        raise LoomError(
            f"The activation {name!r} is not known.",
            field="act_fn",
            remedy=f"These are: {', '.join(ACTIVATIONS)}.",
        )
    return ACTIVATIONS[name]
