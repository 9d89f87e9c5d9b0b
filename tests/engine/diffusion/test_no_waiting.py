"""Nothing in a step waits for the device.

The loop's parts run on torch's meta device, whose tensors have no numbers: whatever asks for one
(`item`, `cpu`, a condition) raises, as it would wait on a GPU. Copies from the computer's memory,
which wait there too, are looked for among the operations.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.base import Hook
from engine.diffusion.hooks.cache_blocks import CacheBlocks
from engine.diffusion.hooks.merge_tokens import MergeTokens
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import denoise
from engine.diffusion.schedulers.registry import SCHEDULERS
from engine.diffusion.values import Conditioning
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component

STARTER = Path(__file__).parents[3] / "resources" / "models" / "starter"
META = torch.device("meta")
STEPS = 8
# It inverts: it has no noise to begin from, and is no solver of the loop.
LOOPED = sorted(SCHEDULERS.keys() - {"DDIMInverseScheduler"})


class Copies(TorchDispatchMode):
    """Collects the operations that bring more than a single number to the device."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        made = [leaf for leaf in tree_leaves(found) if isinstance(leaf, torch.Tensor)]
        from_cpu = bool(given) and all(tensor.device.type == "cpu" for tensor in given)
        to_device = any(tensor.device == META for tensor in made)
        copied = "copy_" in str(func) and any(tensor.device.type == "cpu" for tensor in given[1:])
        if (from_cpu and to_device) or (copied and given[0].device == META):
            self.seen.append(str(func))
        return found


@pytest.mark.parametrize("name", LOOPED)
@torch.inference_mode()
def test_a_step_of_each_solver(name: str):
    run = SCHEDULERS[name]().start(STEPS, META)
    sample = torch.empty(1, 4, 8, 8, device=META)
    guidance = ClassifierFree(7.5, rescale=0.5)
    with Copies() as copies:
        for i in range(len(run.timesteps)):
            scaled = run.scale_input(i, sample)
            predictions = {"positive": scaled, "negative": scaled}
            noise = torch.empty_like(sample) if run.needs_noise else None
            sample = run.step(i, guidance(predictions, i), sample, noise)
    assert sample.shape == (1, 4, 8, 8)
    assert copies.seen == []


@torch.inference_mode()
def test_a_step_of_the_model():
    unet = load_component(find_component(STARTER, "unet")).to(META)
    contexts = {name: Conditioning(torch.empty(1, 7, 192)) for name in ("positive", "negative")}
    times = torch.linspace(999, 0, STEPS, device=META)
    predict = UNetDenoiser(unet).prepare(times, contexts, 1)
    sample = torch.empty(1, 4, 16, 16, device=META)
    predict(0, sample, ("negative", "positive"))  # what is computed once a run
    with Copies() as copies:
        for i in range(1, STEPS):
            predict(i, sample, ("negative", "positive"))
    assert copies.seen == []


@pytest.mark.parametrize("hooks", [(), (CacheBlocks(3), MergeTokens(0.5))], ids=["plain", "hooks"])
@pytest.mark.parametrize(
    "name",
    [
        "DDIMScheduler",
        "EulerDiscreteScheduler",
        "DPMSolverMultistepScheduler",
        "UniPCMultistepScheduler",
    ],
)
def test_the_whole_loop(name: str, hooks: tuple[Hook, ...]):
    """Up to its end, where it looks whether the latents are finite."""
    unet = load_component(find_component(STARTER, "unet")).to(META)
    contexts = {name: Conditioning(torch.empty(1, 7, 192)) for name in ("positive", "negative")}
    run = SCHEDULERS[name]().start(STEPS, META)
    copied: list[int] = []
    with Copies() as copies, pytest.raises((RuntimeError, NotImplementedError)):
        denoise(
            UNetDenoiser(unet),
            run,
            torch.empty(1, 4, 16, 16, device=META),
            conditioning=contexts,
            noise=SeededNoise([3], (4, 16, 16)),
            hooks=hooks,
            on_step=lambda *_: copied.append(len(copies.seen)),
        )
    assert copied == [copied[0]] * len(run.timesteps)


def test_what_waits_is_found():
    tensor = torch.empty(3, device=META)
    for wait in (lambda: bool(tensor.sum()), lambda: tensor[0].item(), tensor.cpu, tensor.tolist):
        with pytest.raises((RuntimeError, NotImplementedError)):
            wait()
    with Copies() as copies:
        torch.ones(3).to(META)
        tensor.copy_(torch.ones(3))
        tensor * torch.tensor(2.0)
    assert len(copies.seen) == 2
