"""One measurement, in a process of its own: load a folder with ours or the reference, print JSON.

    child.py ours|theirs FOLDER VARIANT DTYPE SMALL

`import` is what importing takes and loading the folder SMALL once, so that nothing is left to be
imported; then `load` loads FOLDER, and `read` reads every weight once, since mapped weights cost
nothing before. Memory is the peak of the resident set (VmHWM), which counts mapped pages that were
touched, from after the import on; `base` is what there was then.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main(who: str, folder: str, variant: str, dtype: str, small: str) -> None:
    began = time.perf_counter()
    load = {"ours": ours, "theirs": theirs}[who]()
    load(small, "", "float32")
    found: dict[str, float] = {"import": time.perf_counter() - began, "base": resident("VmRSS")}
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here on
    began, worked = time.perf_counter(), time.process_time()
    modules = load(folder, variant, dtype)
    found |= {"load": time.perf_counter() - began, "work": time.process_time() - worked}
    found["peak"] = resident("VmHWM")
    began, worked = time.perf_counter(), time.process_time()
    for module in modules:
        for parameter in module.parameters():
            parameter.detach().view(-1).max()
    found |= {"read": time.perf_counter() - began, "work_read": time.process_time() - worked}
    found["peak_read"] = resident("VmHWM")
    found |= {"anonymous": resident("RssAnon")}
    found["weights"] = sum(p.nbytes for module in modules for p in module.parameters())
    print(json.dumps(found))


def ours() -> Callable[[str, str, str], list[Any]]:
    import torch

    from engine.diffusion.values import Scheduler
    from engine.diffusion.weights.folder import read_pipeline
    from engine.diffusion.weights.load import load_component

    def load(folder: str, variant: str, dtype: str) -> list[Any]:
        parts = read_pipeline(Path(folder), variant)
        Scheduler.from_json(parts.pop("scheduler").config())
        loaded = [load_component(part, getattr(torch, dtype)) for part in parts.values()]
        return [part for part in loaded if isinstance(part, torch.nn.Module)]

    return load


def theirs() -> Callable[[str, str, str], list[Any]]:
    import torch
    from diffusers import StableDiffusionPipeline
    from diffusers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()

    def load(folder: str, variant: str, dtype: str) -> list[Any]:
        pipeline = StableDiffusionPipeline.from_pretrained(
            folder,
            torch_dtype=getattr(torch, dtype),
            variant=variant or None,
            safety_checker=None,
            local_files_only=True,
        )
        return [pipeline.unet, pipeline.vae, pipeline.text_encoder]

    return load


def resident(field: str) -> int:
    """Bytes that Linux counts for this process under `field`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:"))


if __name__ == "__main__":
    main(*sys.argv[1:])
