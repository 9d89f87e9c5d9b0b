"""The tasks as a program that uses the reference library does them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import logging

from tests.benchmarks.pipelines import inputs

Act = Callable[[], Any]


class Theirs:
    """One pipeline of the reference, or a UNet where the folder has no index of a pipeline.

    In bfloat16 in channels_last, which it is faster in.
    """

    def __init__(self, folder: Path, device: str, dtype: str) -> None:
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self.device, self.dtype = torch.device(device), getattr(torch, dtype)
        self.pipeline: Any = None
        if (folder / "model_index.json").exists():
            self.pipeline = StableDiffusionPipeline.from_pretrained(
                folder, torch_dtype=self.dtype, safety_checker=None, local_files_only=True
            ).to(self.device)
            self.pipeline.set_progress_bar_config(disable=True)
            self.unet = self.pipeline.unet
        else:
            named = {"subfolder": "unet", "variant": inputs.VARIANT, "torch_dtype": self.dtype}
            found = UNet2DConditionModel.from_pretrained(folder, local_files_only=True, **named)
            self.unet = found.to(self.device)
        if self.dtype is not torch.float32:
            self.unet.to(memory_format=torch.channels_last)
            if self.pipeline:
                self.pipeline.vae.to(memory_format=torch.channels_last)

    def step(self, size: int, way: str = "") -> Act:
        """A guided step's predictions; `way` may be "xformers" or "compiled"."""
        unet = self._unet(way)
        one = inputs.sample(size).to(self.device, self.dtype)
        width: int = unet.config.cross_attention_dim
        both = torch.cat(inputs.embeds(width)).to(self.device, self.dtype)
        told = {
            {"pooled": "text_embeds", "sizes": "time_ids"}[name]: torch.cat([value, value]).to(both)
            for name, value in inputs.added(unet.config).items()
        }

        def act() -> torch.Tensor:
            with torch.no_grad():
                given = torch.cat([one, one])
                found = unet(
                    given,
                    501,
                    encoder_hidden_states=both,
                    added_cond_kwargs=told,
                    return_dict=False,
                )[0]
                negative, positive = found.chunk(2)
                negative + inputs.GUIDANCE * (positive - negative)  # part of a step
                return found

        return act

    @cache  # noqa: B019  (one object a process)
    def _unet(self, way: str) -> Any:
        if way == "xformers":
            self.unet.enable_xformers_memory_efficient_attention()
        if way == "compiled":
            return torch.compile(self.unet)
        return self.unet

    def decode(self, size: int) -> Act:
        """A picture of latents."""
        vae = self.pipeline.vae
        latents = inputs.sample(size).to(self.device, self.dtype)

        def act() -> torch.Tensor:
            with torch.no_grad():
                pixels = vae.decode(latents / vae.config.scaling_factor, return_dict=False)[0]
                return (pixels / 2 + 0.5).clamp(0, 1).float().cpu()

        return act

    def text(self) -> Act:
        """A prompt's embeddings and the empty prompt's."""

        def act() -> torch.Tensor:
            with torch.no_grad():
                prompts = inputs.PROMPT, self.device, 1, True, inputs.NEGATIVE
                positive, negative = self.pipeline.encode_prompt(*prompts)
                return torch.cat([negative, positive])

        return act

    def picture(self, size: int, steps: int, prompt: str, seed: int, out: str, **_: Any) -> Act:
        """A whole run, and its picture saved."""

        def act() -> None:
            found = self.pipeline(
                prompt,
                negative_prompt=inputs.NEGATIVE,
                height=size,
                width=size,
                num_inference_steps=steps,
                guidance_scale=inputs.GUIDANCE,
                generator=torch.Generator().manual_seed(seed),
            )
            found.images[0].save(f"{out}/{abs(hash(prompt))}-{seed}.png")

        return act

    def sweep(self, size: int, steps: int, prompts: list[str], seeds: list[int], out: str) -> Act:
        """A picture of every prompt with every seed."""
        cells = [(prompt, seed) for prompt in prompts for seed in seeds]
        acts = [self.picture(size, steps, prompt, seed, out) for prompt, seed in cells]

        def act() -> None:
            for picture in acts:
                picture()

        return act
