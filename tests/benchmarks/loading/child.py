"""Measurements in a process of one side's own: load a folder with ours or the reference.

    child.py ours|theirs SMALL

The folder SMALL is loaded once, so that nothing is left to be imported. Each line of standard input
is then a JSON list, FOLDER, VARIANT and DTYPE, and each answer a line of JSON: `load` loads the
folder, and `read` reads every weight once, since mapped weights cost nothing before; `work` and
`work_read` are the same in seconds of processor. `peak` and `peak_read` are the most bytes that
were resident (VmHWM, which counts mapped pages that were touched) above what there was before.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Load = Callable[[str, str, str], list[Any]]


def main(who: str, small: str) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    load = {"ours": ours, "theirs": theirs}[who]()
    load(small, "", "float32")
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        found = measure(load, *json.loads(line))
        print(json.dumps(found), file=answers, flush=True)


def measure(load: Load, folder: str, variant: str, dtype: str) -> dict[str, float]:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what the turn before had must cost this one nothing less
    base = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here on
    began, worked = time.perf_counter(), time.process_time()
    modules = load(folder, variant, dtype)
    found = {"load": time.perf_counter() - began, "work": time.process_time() - worked}
    found["peak"] = resident("VmHWM") - base
    began, worked = time.perf_counter(), time.process_time()
    for module in modules:
        for parameter in module.parameters():
            parameter.detach().view(-1).max()
    found |= {"read": time.perf_counter() - began, "work_read": time.process_time() - worked}
    found["peak_read"] = resident("VmHWM") - base
    found["weights"] = sum(p.nbytes for module in modules for p in module.parameters())
    return found


def ours() -> Load:
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


def theirs() -> Load:
    import torch
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import (
        StableDiffusionPipeline,
    )
    from diffusers.utils import logging
    from transformers.utils import logging as other_logging

    warnings.simplefilter("ignore")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    other_logging.disable_progress_bar()

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
