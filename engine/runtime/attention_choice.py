"""The fastest attention backend of this machine: measured once, and remembered.

The answer is part of every key, so it must be known where torch is not imported: it is measured in
a process of its own, and then lies in a small file in the user's cache folder, one for each
processor or card, precision, torch, library and number of threads. Two processes that measure at
once both write a valid file. Within a process the answer never changes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import math
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from platformdirs import user_cache_path

from engine.diffusion.blocks.native_build import USUAL, available, build
from engine.graph.files import write_atomically
from engine.runtime.installed import torch_version

log = logging.getLogger("latent_loom")

USUALLY = "sdpa"
# Another must take at most so much of the usual one's time: less would be chance.
MARGIN = 0.95
PATIENCE = 120  # seconds
MODULE = "engine.runtime.attention_measurement"
ROOT = Path(__file__).resolve().parents[2]

_answers: dict[tuple[str, str], str] = {}
_asking = threading.Lock()


def fastest(device: str, dtype: str) -> str:
    """The backend to use on a kind of device in some precision. Imports no torch.

    The first call on a machine may take some seconds. Where nothing can be measured it is torch's
    own, until the process ends.
    """
    with _asking:
        if (device, dtype) not in _answers:
            _answers[device, dtype] = _found(device, dtype)
        return _answers[device, dtype]


def candidates(device: str, dtype: str) -> dict[str, str]:
    """The backends that can be used there, the usual one first, each with its version."""
    found = {USUALLY: torch_version()}
    if device == "cpu" and dtype in ("float32", "bfloat16") and available(dtype == "bfloat16"):
        found["native"] = build(USUAL, dtype == "bfloat16").stem
    if device == "cuda" and importlib.util.find_spec("xformers") is not None:
        from importlib.metadata import version

        found["xformers"] = version("xformers")
    return found


def winner(seconds: Mapping[str, float]) -> str:
    """The backend that took the least time, where it is faster than the usual one by the margin."""
    best = min(seconds, key=lambda name: seconds[name])
    return best if seconds[best] <= MARGIN * seconds[USUALLY] else USUALLY


def measure(device: str, dtype: str, names: Sequence[str]) -> dict[str, float]:
    """Seconds of each backend, as a process of its own measures them; empty where it can't."""
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    try:
        done = subprocess.run(
            [sys.executable, "-m", MODULE, device, dtype, *names],
            # Threads that wait must not count as working.
            env={**os.environ, "PYTHONPATH": path, "OMP_WAIT_POLICY": "passive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        found = _checked(json.loads(done.stdout), names)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        log.info("Attention could not be measured: %s", error)
        return {}
    return found


def _found(device: str, dtype: str) -> str:
    there = candidates(device, dtype)
    if len(there) == 1:
        return USUALLY
    machine = {
        "device": device,
        "hardware": _hardware(device),
        "dtype": dtype,
        "threads": os.environ.get("OMP_NUM_THREADS", "") or str(_processors()),
        "backends": there,
    }
    file = _file(machine)
    seconds = _remembered(file, list(there))
    if not seconds:
        # It takes seconds in which nothing else is seen to happen.
        log.warning("Finding out which attention is the fastest here; it will be remembered.")
        seconds = measure(device, dtype, list(there))
        if seconds:
            _remember(file, {"machine": machine, "seconds": seconds})
    return winner(seconds) if seconds else USUALLY


def _file(machine: Mapping[str, object]) -> Path:
    told = json.dumps(machine, sort_keys=True).encode()
    name = hashlib.blake2b(told, digest_size=12).hexdigest()
    return user_cache_path("latent-loom") / "attention" / f"{name}.json"


def _remembered(file: Path, names: Sequence[str]) -> dict[str, float]:
    """The seconds in a file; empty where there is none, or it is none of ours."""
    try:
        return _checked(json.loads(file.read_text(encoding="utf-8"))["seconds"], names)
    except (OSError, ValueError, RecursionError, LookupError, TypeError):
        return {}


def _checked(seconds: object, names: Sequence[str]) -> dict[str, float]:
    """`seconds` where they are those of `names`, the usual one among them; else ValueError."""
    if not isinstance(seconds, dict) or USUALLY not in seconds or not set(seconds) <= set(names):
        raise ValueError("these are no measurements")
    for value in seconds.values():
        if type(value) is not float or not 0 < value < math.inf:
            raise ValueError("these are no seconds")
    return seconds


def _remember(file: Path, data: object) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(data, indent=2).encode())
    except OSError as error:
        log.info("What was measured could not be written down: %s", error)


def _hardware(device: str) -> str:
    """The processor's or the cards' names, as Linux and the driver tell them."""
    if device == "cuda":
        shown = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        return f"{shown} {' '.join(sorted(map(_model_of, _cards())))}".strip()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _cards() -> list[Path]:
    return list(Path("/proc/driver/nvidia/gpus").glob("*/information"))


def _model_of(card: Path) -> str:
    try:
        lines = card.read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("Model")), "")


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
