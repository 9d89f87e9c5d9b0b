"""What besides the workflow has a say in the numbers, as a picture records it."""

from __future__ import annotations

import platform

from engine.graph.environment import environment
from engine.runtime.device import numeric_environment
from engine.runtime.pool import budget_of_process


def surroundings() -> dict[str, str]:
    """Device, precision and attention backend, then the hardware behind them. Imports torch.

    In a node they are those of its run. `hardware` is the GPU's name, or the machine type and the
    instruction set that torch's CPU kernels are chosen by; `threads` is how many share a sum, which
    decides its last bits. `memory` is the budget where one was set: what is computed in parts to
    keep within it differs in its last bits too.
    """
    import torch

    here = environment()
    found = {**numeric_environment(here.get("attention", "")), **here}
    if memory := budget_of_process().words():
        found["memory"] = memory
    found.pop("torch", "")  # recorded among the versions of libraries
    if found["device"] == "cuda" and torch.cuda.is_available():
        return {**found, "hardware": torch.cuda.get_device_name()}
    if found["device"] == "mps":
        return {**found, "hardware": platform.machine()}
    capability = torch.backends.cpu.get_cpu_capability()
    hardware = f"{platform.machine()} {capability}"
    return {**found, "hardware": hardware, "threads": str(torch.get_num_threads())}
