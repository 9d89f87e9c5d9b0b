"""What each approximation saves, and how far it leads from the exact run: on the starter model."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from rich.table import Table

from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.cache_blocks import CacheBlocks
from engine.diffusion.hooks.merge_tokens import MergeTokens
from engine.diffusion.latent_codec import decode
from engine.diffusion.preview import picture
from engine.diffusion.sampling import Job
from engine.diffusion.text.encode import encode
from engine.diffusion.values import Image, Latents, Noise, Scheduler
from engine.diffusion.weights.folder import read_pipeline
from engine.diffusion.weights.load import load_component
from engine.runtime.packing import pack

pytestmark = pytest.mark.bench
ROOT = Path(__file__).resolve().parents[3]
PROMPTS = (
    "a red fish on a blue background",
    "a cat to the left of an owl, pink background",
    "a big dog on a green background",
    "a small blue bird and a yellow cat",
)
SCALE, STEPS, REPEATS = 4.0, 25, 2
SIZES = {"64²": (16, STEPS, 2), "256²": (64, 6, 1)}  # cells of latents, steps, pictures


def guided(start: float, end: float) -> dict[str, Any]:
    return {"guidance": ClassifierFree(SCALE, start=start, end=end)}


def with_hooks(*hooks: Any) -> dict[str, Any]:
    return {"hooks": hooks}


CASES: dict[str, dict[str, Any]] = {
    "exact": {},
    "guidance from 0 to 0.5": guided(0.0, 0.5),
    "guidance from 0.2 to 0.8": guided(0.2, 0.8),
    "guidance from 0.5 to 1": guided(0.5, 1.0),
    "block caching, N = 1": with_hooks(CacheBlocks(1)),
    "block caching, N = 2, m = 1": with_hooks(CacheBlocks(2, 1)),
    "block caching, N = 3, m = 1": with_hooks(CacheBlocks(3, 1)),
    "block caching, N = 5, m = 1": with_hooks(CacheBlocks(5, 1)),
    "block caching, N = 3, m = 3": with_hooks(CacheBlocks(3, 3)),
    "block caching, N = 3, m = 5": with_hooks(CacheBlocks(3, 5)),
    "token merging, 0": with_hooks(MergeTokens(0.0)),
    "token merging, 0.25": with_hooks(MergeTokens(0.25)),
    "token merging, 0.5": with_hooks(MergeTokens(0.5)),
    "token merging, 0.75": with_hooks(MergeTokens(0.75)),
    "token merging, 0.5, fixed picks": with_hooks(MergeTokens(0.5, picks="fixed")),
    "token merging, 0.5, two levels": with_hooks(MergeTokens(0.5, levels=2)),
    "merging 0.5, caching N = 3": with_hooks(MergeTokens(0.5), CacheBlocks(3)),
}


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    """The starter model's, with packed layers as runs have them."""
    found: dict[str, Any] = {}
    for name, component in read_pipeline(ROOT / "resources" / "models" / "starter").items():
        if name == "scheduler":
            config = (component.path / component.config_file).read_text(encoding="utf-8")
            found[name] = Scheduler(component.class_name, config)
            continue
        found[name] = load_component(component)
        if name in ("unet", "vae"):
            pack(found[name].requires_grad_(False))
    return found


@pytest.mark.parametrize("size", SIZES)
def test_approximations(size: str, parts: dict[str, Any]):
    """Prints a table. Seconds are of the processor, medians of turns, which other programs disturb
    least; the error is that of the last latents, relative to the exact ones' norm, and the PSNR
    that of the pictures.
    """
    cells, steps, pictures = SIZES[size]
    told = (
        encode(parts["tokenizer"], parts["text_encoder"], prompts)
        for prompts in (PROMPTS[:pictures], ("",))
    )
    empty = Latents(torch.zeros(pictures, 4, cells, cells), "starter", 4)
    exact = Job(
        *(parts["unet"], parts["scheduler"], empty, Noise((7,)), *told),
        steps=steps,
        guidance=ClassifierFree(SCALE),
    )
    jobs = {name: replace(exact, **changes) for name, changes in CASES.items()}
    runs = {name: job.run for name, job in jobs.items()}
    seconds, found = in_turns(runs)
    latents = {name: denoised.latents for name, denoised in found.items()}
    images = {name: decode(parts["vae"], made) for name, made in latents.items()}
    table = Table("what", "time, of the exact run's", "error of latents", "PSNR", title=size)
    for name in CASES:
        error = distance(latents[name].samples, latents["exact"].samples)
        ratio = seconds[name] / seconds["exact"]
        table.add_row(name, f"{ratio:.2f}", f"{error:.4f}", psnr(images[name], images["exact"]))
    draws = {
        "decoded": lambda: decode(parts["vae"], latents["exact"]),
        "drawn by the linear map, of the decoding's time": lambda: picture(latents["exact"]),
    }
    seconds, drawn = in_turns(draws)
    name = list(draws)[1]
    ratio = seconds[name] / seconds["decoded"]
    table.add_row(name, f"{ratio:.3f}", "", psnr(drawn[name], drawn["decoded"]))
    print()
    Console(width=100).print(table)
    for name in ("block caching, N = 1", "token merging, 0"):
        assert torch.equal(latents[name].samples, latents["exact"].samples)


def in_turns(runs: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, float], dict[str, Any]]:
    """Seconds of the processor that each takes, medians, and what the last turn of each gave."""
    seen: dict[str, list[float]] = {name: [] for name in runs}
    found: dict[str, Any] = {}
    next(iter(runs.values()))()  # what is done once
    for _ in range(REPEATS):
        for name, run in runs.items():
            began = time.process_time()
            found[name] = run()
            seen[name].append(time.process_time() - began)
    return {name: statistics.median(times) for name, times in seen.items()}, found


def distance(found: torch.Tensor, exact: torch.Tensor) -> float:
    """|found - exact| / |exact|."""
    return float((found - exact).norm() / exact.norm())


def psnr(found: Image, exact: Image) -> str:
    """10 log₁₀(1 / mean square difference) of pictures in [0, 1], in dB."""
    error = float((found.pixels - exact.pixels).square().mean())
    return f"{-10 * math.log10(error):.1f} dB" if error else "the same"
