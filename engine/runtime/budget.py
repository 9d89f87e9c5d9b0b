"""How much memory models and what they compute may take; known without importing torch."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from engine.graph.errors import LoomError

VRAM_VARIABLE, RAM_VARIABLE = "LOOM_VRAM", "LOOM_RAM"
# A card of "6 GB" has 6 · 1024³ bytes, and so has the computer's memory.
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
# What is left of a memory for others where nothing is said: the desktop, the libraries.
SHARE = 0.8
UNKNOWN = 16 << 30


@dataclass(frozen=True)
class Budget:
    """Bytes that models and what they compute may take; 0 is most of what is there.

    `vram` is the graphics card's memory; weights that wait for it stay in their files' maps, which
    take none of the computer's. `ram` counts where models run on the CPU or on Apple's chips.
    """

    vram: int = 0
    ram: int = 0

    def words(self) -> str:
        """The budget as a person would set it; "" where nothing was set."""
        parts = {"vram": self.vram, "ram": self.ram}
        return ", ".join(f"{name} {in_words(size)}" for name, size in parts.items() if size)


def pick_budget(vram: str = "", ram: str = "") -> Budget:
    """What the two texts say, else what LOOM_VRAM and LOOM_RAM say. LoomError for no size."""
    sizes: list[int] = []
    for said, option, variable in ((vram, "--vram", VRAM_VARIABLE), (ram, "--ram", RAM_VARIABLE)):
        text = said or os.environ.get(variable, "")
        sizes.append(parse_size(text, option if said else variable) if text else 0)
    return Budget(*sizes)


def parse_size(text: str, what: str = "The size") -> int:
    """Bytes of a text like 6GB, 512M or 1.5 GiB; LoomError, which names `what`, for any other."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    size = int(float(found[1]) * UNITS[found[2].upper()]) if found else 0
    if size <= 0:
        raise LoomError(f"{what} is {text!r}.", remedy="Give a size like 6GB or 512MB.")
    return size


def in_words(size: int) -> str:
    """Bytes for people: 5.9 GB, 120 MB."""
    for unit, scale in (("GB", 1 << 30), ("MB", 1 << 20)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size / 1024:.3g} KB"


def usable_ram() -> int:
    """What may be taken of the computer's memory where no budget is set."""
    limits = [size for size in (_physical(), _of_container()) if size]
    return int(SHARE * min(limits)) if limits else UNKNOWN


def _physical() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0


def _of_container() -> int:
    """The limit that a container sets on Linux; 0 where there is none."""
    try:
        return int(Path("/sys/fs/cgroup/memory.max").read_text())
    except (OSError, ValueError):
        return 0
