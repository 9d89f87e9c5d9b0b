"""One measurement, in a process of its own: a step or a decode, ours or the reference's; as JSON.

    child.py ours|theirs FOLDER step|decode WAY SIZE

`peak` is that of the resident set (VmHWM) while the work is done once, loading included, less
`base`, what the process had when it had imported everything; mapped pages that were touched count.
`seconds` are those of the work, or with LOOM_BENCH_CLOCK=worked those that all threads worked.
WAY is "plain", "saving" (the reference's attention slicing, VAE slicing and tiling; ours in bands,
each prompt alone and feed-forward in slices) or, for ours, a budget such as 1GB.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from tests.benchmarks.pipelines.worker import clock

GUIDANCE = 7.5


def main(who: str, folder: str, work: str, way: str, size: str) -> None:
    begin = {"ours": ours, "theirs": theirs}[who]
    act = begin(Path(folder), work, way, int(size) // 8)
    base = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here on
    began = clock()
    found = act()
    seconds = clock() - began
    print(
        json.dumps(
            {
                "peak": resident("VmHWM") - base,
                "seconds": seconds,
                "sum": float(found.double().abs().sum()),
            }
        )
    )


def given(side: int) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    return torch.randn(1, 4, side, side, generator=draw), torch.randn(2, 77, 768, generator=draw)


def ours(folder: Path, work: str, way: str, side: int) -> Callable[[], torch.Tensor]:
    from engine.diffusion.latent_codec import decode
    from engine.diffusion.sampling import Job
    from engine.diffusion.schedulers.ddim import DDIMScheduler  # noqa: F401  (counts as imported)
    from engine.diffusion.span import Span
    from engine.diffusion.values import VAE, Conditioning, Latents, Noise, Scheduler, UNet
    from engine.graph.context import Context
    from engine.graph.environment import within
    from engine.runtime import lending, pool
    from engine.runtime.budget import parse_size

    half = Span("noise", end=0.5)
    kind, name = (UNet, "unet") if work == "step" else (VAE, "vae")
    class_name = json.loads((folder / name / "config.json").read_text())["_class_name"]
    ref = kind(str(folder), name, class_name, name)
    sample, embeds = given(side)
    latents = Latents(sample)
    negative, positive = (Conditioning(e) for e in embeds.split(1))
    told = {"rung": "2"} if way == "saving" else {}
    shared = pool.shared_pool()
    shared.budget = parse_size(way) if way not in ("plain", "saving") else 1 << 40

    def job(model: Any, _: Any) -> Job:
        prompts = positive, negative
        return Job(
            *(model, Scheduler("DDIMScheduler"), latents, Noise((0,)), *prompts),
            steps=2,
            guidance=GUIDANCE,
            span=half,
        )

    def first(model: Any, nets: Any) -> Callable[[], object]:
        return job(model, nets).predict_first

    def step() -> torch.Tensor:
        with within(told), lending.lent_to_denoise(Context(), [ref], latents, first) as (model,):
            return job(model, ()).run().latents.samples

    def picture() -> torch.Tensor:
        with within(told), lending.lent_to_decode(Context(), ref, latents) as model:
            return decode(model, latents).pixels

    return step if work == "step" else picture


def theirs(folder: Path, work: str, way: str, side: int) -> Callable[[], torch.Tensor]:
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
    from diffusers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    kind = UNet2DConditionModel if work == "step" else AutoencoderKL
    sample, embeds = given(side)

    @torch.no_grad()
    def act() -> torch.Tensor:
        part = {"step": "unet", "decode": "vae"}[work]
        model = kind.from_pretrained(folder / part, local_files_only=True)
        if work == "decode":
            if way == "saving":
                model.enable_slicing()
                model.enable_tiling()
            found = model.decode(sample / model.config.scaling_factor).sample
            return (found / 2 + 0.5).clamp(0, 1)
        if way == "saving":
            model.set_attention_slice("auto")
        scheduler = DDIMScheduler()
        scheduler.set_timesteps(2)
        both = torch.cat([sample, sample])
        negative, positive = model(both, 501, encoder_hidden_states=embeds).sample.chunk(2)
        guided = negative + GUIDANCE * (positive - negative)
        return scheduler.step(guided, 501, sample).prev_sample

    return act


def resident(field: str) -> int:
    """Bytes that Linux counts for this process under `field`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{field}:"))


if __name__ == "__main__":
    main(*sys.argv[1:])
