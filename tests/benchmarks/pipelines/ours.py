"""The tasks as this project does them: parts from the model pool, whole runs through the graph."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from app.running import open_executor
from app.session import open_registry
from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.latent_codec import decode
from engine.diffusion.text.encode import encode
from engine.diffusion.values import Conditioning, Latents
from engine.diffusion.weights.handles import open_component, open_pipeline
from engine.graph.cache import Cache
from engine.graph.context import Settings
from engine.graph.environment import within
from engine.graph.graph import Graph
from engine.graph.workflow import from_json
from engine.runtime.cuda_graphs import cuda_graphs
from engine.runtime.device import numeric_environment
from engine.runtime.pool import shared_pool
from tests.benchmarks.pipelines import inputs
from tests.benchmarks.pipelines.watch import Watch

Act = Callable[[], Any]
NAMES = ("negative", "positive")


class Ours:
    """The parts of one model, lent for as long as the process lasts once they are asked for.

    A folder without an index has a UNet alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lent = ExitStack()
        self.registry = open_registry()
        self.executor: Any = None
        self.graphs: dict[int, Act] = {}

    def _parts(self, *names: str) -> list[Any]:
        refs: Any
        if (self.folder / "model_index.json").exists():
            refs = open_pipeline(self.folder)
        else:
            refs = {name: open_component(self.folder, name, inputs.VARIANT) for name in names}
        return [self.lent.enter_context(shared_pool().lease(refs[name])) for name in names]

    def step(self, size: int, way: str = "") -> Act:
        """A guided step's predictions; `way` is one of `test_gpu`.

        A graph is good for the steps of one run, so those of all turns are of one.
        """
        if way != "graphs":
            return self._step(size, way)
        if size not in self.graphs:
            self.graphs[size] = self._step(size, way)
        return self.graphs[size]

    def _step(self, size: int, way: str) -> Act:
        (unet,) = self._parts("unet")
        one = inputs.sample(size)
        told = zip(NAMES, inputs.embeds(unet.config.cross_attention_dim), strict=True)
        added = inputs.added(unet.config)
        contexts = {name: Conditioning(embeds, **added) for name, embeds in told}
        environment = numeric_environment(way if way == "xformers" else "")
        replays = self.lent.enter_context(cuda_graphs(shared_pool().device.kind))
        guidance = ClassifierFree(inputs.GUIDANCE)
        with torch.inference_mode():
            predict = UNetDenoiser(unet, replays=replays).prepare(torch.tensor([501]), contexts, 1)

        def act() -> torch.Tensor:
            with torch.inference_mode(), within(environment):
                found = predict(0, one, NAMES)
                guidance(found, 0)
                return torch.cat([found[name] for name in NAMES])

        return act

    def decode(self, size: int) -> Act:
        """A picture of latents."""
        (vae,) = self._parts("vae")
        latents = Latents(inputs.sample(size))
        return lambda: decode(vae, latents).pixels

    def text(self) -> Act:
        """A prompt's embeddings and the empty prompt's."""
        tokenizer, encoder = self._parts("tokenizer", "text_encoder")
        prompts = inputs.NEGATIVE, inputs.PROMPT
        return lambda: encode(tokenizer, encoder, prompts).embeds

    def picture(self, **settings: Any) -> Act:
        """A whole run through the graph, and its picture saved; `graph` says what settings mean."""
        executor = self._executor(settings.pop("out"))
        found = from_json(graph(self.folder.name, **settings), self.registry)
        return lambda: watched(executor, found)

    def sweep(self, size: int, steps: int, prompts: list[str], seeds: list[int], out: str) -> Act:
        """A picture of every prompt with every seed: one graph with a sweep."""
        data = graph(self.folder.name, size, steps, prompts[0], seeds[0])
        data["sweep"] = {"prompt.text": prompts, "seed.value": seeds}
        executor, found = self._executor(out), from_json(data, self.registry)
        return lambda: watched(executor, found)

    def _executor(self, out: str) -> Any:
        if self.executor is None:
            folders = Settings(output_folder=Path(out), model_folders=(self.folder.parent,))
            kept = Cache(Path(out) / "kept")
            self.executor = open_executor(self.registry, folders, kept)
        return self.executor


def graph(
    model: str, size: int, steps: int, prompt: str, seed: int, refined: float | None = None
) -> dict[str, Any]:
    """The workflow of a picture; the last fifth of its steps has the guidance `refined`, if any."""
    text = {"tokenizer": "model.tokenizer", "text_encoder": "model.text_encoder"}
    run = {
        "unet": "model.unet",
        "positive": "prompt.conditioning",
        "negative": "negative.conditioning",
        "noise": "seed.noise",
        "scheduler": "model.scheduler",
    }
    strength = {"steps": steps, "guidance": inputs.GUIDANCE}
    nodes: dict[str, Any] = {
        "model": node("load.pipeline", {"model": {"name": model}}),
        "prompt": node("text.encode", {"text": prompt}, text),
        "negative": node("text.encode", {"text": inputs.NEGATIVE}, text),
        "latents": node("latents.empty", {"width": size, "height": size}, {"unet": "model.unet"}),
        "seed": node("noise.seed", {"value": seed}),
        "denoise": node(
            "diffusion.denoise",
            strength | ({} if refined is None else {"end": 0.8}),
            {**run, "latents": "latents.latents"},
        ),
    }
    last = "denoise"
    if refined is not None:
        last = "refine"
        nodes[last] = node(
            "diffusion.go_on",
            {"steps": steps, "guidance": refined, "start": 0.8},
            {**run, "latents": "denoise.latents"},
        )
    nodes["decode"] = node("vae.decode", {}, {"vae": "model.vae", "latents": f"{last}.latents"})
    nodes["save"] = node("image.save", {}, {"image": "decode.image"})
    return {"loom": 1, "nodes": nodes, "outputs": ["save"]}


def node(kind: str, params: dict[str, Any], joined: dict[str, str] | None = None) -> dict[str, Any]:
    """A node as workflow files have it."""
    return {"type": kind, "version": 1, "params": params, "inputs": joined or {}}


def watched(executor: Any, found: Graph) -> dict[str, Any]:
    """A run, and what its nodes took; AssertionError where it failed."""
    watch, began = Watch(), time.perf_counter()
    result = executor.run(found, emit=watch)
    whole = time.perf_counter() - began
    assert result.ok, result.failed
    return {**watch.report(whole), "ran": result.ran}
