"""How much memory a node took at its peak, beyond what was in use when it began."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


class Meter:
    """Measures one node after the other; nodes that run beside one another share a peak.

    On a CUDA device it is the memory of the device, else that of the process, where the system
    (Linux) can begin a new peak; elsewhere nothing is measured.
    """

    def __init__(self) -> None:
        self._base: dict[str, int] = {}

    def start(self, node: str) -> None:
        """A node begins."""
        if not self._base and not _reset():
            return
        if (used := _used()) is not None:
            self._base[node] = used

    def stop(self, node: str) -> int | None:
        """A node is done: bytes, None where they can't be known."""
        base = self._base.pop(node, None)
        peak = _peak()
        return None if base is None or peak is None else max(peak - base, 0)


def _cuda() -> Any:
    """torch's CUDA module when it is in use."""
    torch = sys.modules.get("torch")
    found = getattr(torch, "cuda", None)
    return found if found is not None and found.is_initialized() else None


def _reset() -> bool:
    if cuda := _cuda():
        cuda.reset_peak_memory_stats()
        return True
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return False
    return True


def _used() -> int | None:
    cuda = _cuda()
    return int(cuda.memory_allocated()) if cuda else _process("VmRSS")


def _peak() -> int | None:
    cuda = _cuda()
    return int(cuda.max_memory_allocated()) if cuda else _process("VmHWM")


def _process(field: str) -> int | None:
    """A line of the process's status, in bytes."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    return None
