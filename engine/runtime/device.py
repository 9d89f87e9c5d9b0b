"""Which device runs the models and in which numbers, known without importing torch.

Recipe keys need the answer before anything is loaded, and it must be the same before and after: so
it comes from what is installed, never from what happens to be imported.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from engine.graph.errors import LoomError
from engine.runtime.attention import pick_attention
from engine.runtime.installed import torch_has_cuda, torch_version
from engine.runtime.switches import switches

DEVICE_VARIABLE = "LOOM_DEVICE"
DTYPE_VARIABLE = "LOOM_DTYPE"
KINDS = ("cpu", "cuda", "mps")
DTYPES = ("float32", "float16", "bfloat16")
# Half precision on a CPU is two hundred times slower than float32, and Apple's GPU overflows in it.
USUAL_DTYPE = {"cpu": "float32", "cuda": "float16", "mps": "float32"}


@dataclass(frozen=True)
class Device:
    """A device kind (cpu, cuda, mps) and the numbers models use there (a torch dtype's name)."""

    kind: str
    dtype: str

    def __post_init__(self) -> None:
        self.dtype_for(self.dtype)

    def dtype_for(self, wanted: str = "") -> str:
        """The numbers for a model that asks for `wanted` ("" asks for the usual ones).

        Raises LoomError for float16 on a CPU, which must be nobody's surprise.
        """
        if wanted == "float16" and self.kind == "cpu":
            raise LoomError(
                "float16 is asked for, and the models run on a CPU, where it is two hundred times "
                "slower than float32.",
                field="dtype",
                remedy="Choose auto, which suits the device, or float32 or bfloat16.",
            )
        return wanted or self.dtype


def pick() -> Device:
    """The device to use: what LOOM_DEVICE and LOOM_DTYPE say, else the fastest that is there.

    Raises LoomError for a value that is not one of the known names, and for two that don't go
    together.
    """
    kind = os.environ.get(DEVICE_VARIABLE, "") or _fastest()
    if kind not in KINDS:
        raise LoomError(
            f"{DEVICE_VARIABLE} is {kind!r}.", remedy=f"Set it to one of {', '.join(KINDS)}."
        )
    dtype = os.environ.get(DTYPE_VARIABLE, "") or USUAL_DTYPE[kind]
    if dtype not in DTYPES:
        raise LoomError(
            f"{DTYPE_VARIABLE} is {dtype!r}.", remedy=f"Set it to one of {', '.join(DTYPES)}."
        )
    try:
        return Device(kind, dtype)
    except LoomError as error:
        raise LoomError(
            f"{DTYPE_VARIABLE} is {dtype}: {error.reason}",
            remedy=f"Set {DTYPE_VARIABLE} to float32 or bfloat16, or leave it out.",
        ) from error


def numeric_environment(attention: str = "") -> dict[str, str]:
    """What besides the graph decides the numbers: goes into every recipe key. Imports no torch.

    `attention` names a backend, see `pick_attention`. Raises LoomError for a setting that is
    misnamed, or that is nothing for this device.
    """
    device = pick()
    backend = pick_attention(attention, device.kind, device.dtype_for())
    return {
        "device": device.kind,
        "dtype": device.dtype_for(),
        "attention": backend,
        "torch": torch_version(),
        **switches().environment(device.kind),
    }


def compiles(kind: str) -> bool:
    """Whether torch is to compile layers: where it is switched on, on a graphics card.

    A CPU gains more by packed weights, see `engine.runtime.packing`.
    """
    return kind == "cuda" and switches().compile


def check_usable(device: Device) -> None:
    """Raise LoomError where torch can't use the device that was picked. Imports torch."""
    import torch

    if device.kind == "cuda" and not torch.cuda.is_available():
        why = "this build of torch is for processors alone"
        if torch.version.cuda is not None:
            why = "there is none, or its driver is too old for this torch"
        raise LoomError(
            f"Torch can't use an NVIDIA card here: {why}.",
            remedy=f"Set {DEVICE_VARIABLE}=cpu, or install what the card needs.",
        )
    if device.kind == "mps" and not torch.backends.mps.is_available():
        raise LoomError("Torch can't use this Mac's GPU.", remedy=f"Set {DEVICE_VARIABLE}=cpu.")


def _fastest() -> str:
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "mps"
    return "cuda" if torch_has_cuda() and _has_nvidia_card() else "cpu"


def _has_nvidia_card() -> bool:
    """Whether NVIDIA's driver is loaded and not hidden from this process."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return False
    if os.name == "nt":
        return Path(os.environ.get("SYSTEMROOT", "C:/Windows"), "System32/nvcuda.dll").exists()
    # Linux, and Linux under Windows, where the card has another name.
    return Path("/dev/nvidiactl").exists() or Path("/usr/lib/wsl/lib/libcuda.so.1").exists()
