"""What may be switched on for graphics cards, because it is faster: known without importing torch.

Each is part of the numeric environment, since each changes the last digits or more.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

COMPILE_VARIABLE, TF32_VARIABLE = "LOOM_COMPILE", "LOOM_TF32"
GRAPHS_VARIABLE = "LOOM_CUDA_GRAPHS"


@dataclass(frozen=True)
class Switches:
    """Layers compiled by torch; float32 products in TensorFloat-32, whose errors are about 1e-3;
    steps as CUDA graphs.
    """

    compile: bool = False
    tf32: bool = False
    graphs: bool = False

    def environment(self, device: str) -> dict[str, str]:
        """What goes into the numeric environment of a kind of device."""
        if device != "cuda":
            return {}
        words = {"compiled": "blocks", "tf32": "on", "graphs": "on"}
        return {
            name: word
            for (name, word), on in zip(words.items(), vars(self).values(), strict=True)
            if on
        }


_asked = Switches()


def use_switches(asked: Switches) -> None:
    """Switch these on for this process, before its first model is loaded."""
    global _asked
    _asked = asked


def switches() -> Switches:
    """What is on: by `use_switches`, or by LOOM_COMPILE, LOOM_TF32 and LOOM_CUDA_GRAPHS."""
    variables = COMPILE_VARIABLE, TF32_VARIABLE, GRAPHS_VARIABLE
    both = zip(vars(_asked).values(), variables, strict=True)
    return Switches(*(on or _said(variable) for on, variable in both))


def _said(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")
