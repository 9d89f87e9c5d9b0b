"""Measurements in a process of one side's own: load a folder with ours or the reference.

    child.py ours|theirs SMALL

The folder SMALL is loaded once, so that nothing is left to be imported. Each line of standard input
is then a JSON list, FOLDER, VARIANT and DTYPE, and each answer a line of JSON: `load` loads the
folder as programs do, and `use` computes once with each part, on as little as there is, since
weights may be read and laid out no earlier; in float16, which no CPU computes in, it reads them.
`work` and `work_use` are the same in seconds of processor. `peak` is the most bytes that were
resident in all (VmHWM, which counts mapped pages that were touched) above what there was before.
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
    began, worked = time.perf_counter(), time.process_time()
    (read if dtype == "float16" else use)(*modules)
    found |= {"use": time.perf_counter() - began, "work_use": time.process_time() - worked}
    found["peak"] = resident("VmHWM") - base
    found["weights"] = sum(p.nbytes for module in modules for p in module.parameters())
    return found


def read(*modules: Any) -> None:
    for module in modules:
        for parameter in module.parameters():
            parameter.detach().view(-1).max()


def use(unet: Any, vae: Any, text: Any) -> None:
    import torch

    dtype = next(unet.parameters()).dtype
    latents = torch.zeros(2, 4, 8, 8, dtype=dtype)  # of one, torch lays out no weights
    context = torch.zeros(2, 8, unet.config.cross_attention_dim, dtype=dtype)
    with torch.inference_mode():
        text(torch.arange(8)[None])
        unet(latents, torch.tensor(501.0), context)
        vae.decode(latents)


def ours() -> Load:
    from engine.runtime.allocator import keep_freed_memory

    keep_freed_memory()
    import torch

    from engine.diffusion.values import ModelRef, Scheduler
    from engine.diffusion.weights.folder import read_pipeline
    from engine.diffusion.weights.load import load_component
    from engine.runtime.housing import house

    def load(folder: str, variant: str, dtype: str) -> list[Any]:
        parts = read_pipeline(Path(folder), variant)
        Scheduler.from_json(parts.pop("scheduler").config())
        load_component(parts.pop("tokenizer"))
        if dtype == "float16":  # in which nothing is housed on a CPU
            return [load_component(part, torch.float16) for part in parts.values()]
        found: dict[str, Any] = {}
        for name, part in parts.items():
            ref = ModelRef(folder, name, part.class_name, name, dtype, variant)
            found[name] = house(ref, "cpu")
            found[name].bring()
        return [found[name].module for name in ("unet", "vae", "text_encoder")]

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
