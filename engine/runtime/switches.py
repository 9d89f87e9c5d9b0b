"""What may be switched on for graphics cards, because it is faster: known without importing torch.

Each is part of the numeric environment, since each changes the last digits or more.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

COMPILE_VARIABLE, TF32_VARIABLE = "LOOM_COMPILE", "LOOM_TF32"


@dataclass(frozen=True)
class Switches:
    """Layers compiled by torch; float32 products in TensorFloat-32, whose errors are about 1e-3."""

    compile: bool = False
    tf32: bool = False

    def environment(self, device: str) -> dict[str, str]:
        """What goes into the numeric environment of a kind of device."""
        if device != "cuda":
            return {}
        parts = {"compiled": self.compile and "blocks", "tf32": self.tf32 and "on"}
        return {name: value for name, value in parts.items() if value}


_asked = Switches()


def use_switches(asked: Switches) -> None:
    """Switch these on for this process, before its first model is loaded."""
    global _asked
    _asked = asked


def switches() -> Switches:
    """What is on: by `use_switches`, or by LOOM_COMPILE and LOOM_TF32."""
    return Switches(_asked.compile or _said(COMPILE_VARIABLE), _asked.tf32 or _said(TF32_VARIABLE))


def _said(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")
