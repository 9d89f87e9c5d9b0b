"""CUDA graphs over a stand-in for torch's module: it notes the operations of a step, and does them
again with the same places in memory, as a card would.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from engine.diffusion.control import Control
from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.merge_tokens import MergeTokens
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import denoise
from engine.diffusion.model_calls import calling
from engine.diffusion.models.unet_encoder import Embedded
from engine.diffusion.schedulers.registry import SCHEDULERS
from engine.diffusion.values import Conditioning
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.runtime import cuda_graphs as module
from engine.runtime import switches
from engine.runtime.cuda_graphs import CudaGraphs, cuda_graphs
from engine.runtime.switches import Switches

STARTER = Path(__file__).parents[3] / "resources" / "models" / "starter"
STEPS = 6


class Graph(TorchDispatchMode):
    """Operations that were noted, with the tensors they read and wrote."""

    def __init__(self):
        super().__init__()
        self.noted = []
        self.replays = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        self.noted.append((func, args, kwargs or {}, found))
        return found

    def pool(self):
        return "the pool of the first"

    def replay(self):
        self.replays += 1
        for func, args, kwargs, before in self.noted:
            after = func(*args, **kwargs)
            for old, new in zip(tree_leaves(before), tree_leaves(after), strict=True):
                if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


class Cuda:
    """As much of `torch.cuda` as graphs need."""

    def __init__(self):
        self.graphs: list[Graph] = []
        self.pools = []
        self.events: list[str] = []
        self.fails = False

    def Stream(self):
        return SimpleNamespace(wait_stream=lambda other: self.events.append("side waits"))

    def current_stream(self):
        return SimpleNamespace(wait_stream=lambda other: self.events.append("main waits"))

    def stream(self, stream):
        self.events.append("beside")
        return nullcontext()

    def CUDAGraph(self):
        return Graph()

    def synchronize(self):
        self.events.append("synchronised")

    @contextmanager
    def graph(self, graph, *, pool, stream, capture_error_mode):
        assert capture_error_mode == "thread_local"
        if self.fails:
            raise RuntimeError("operation not permitted when stream is capturing")
        self.graphs.append(graph)
        self.pools.append(pool)
        with graph:
            yield


@pytest.fixture
def cuda():
    return Cuda()


@pytest.fixture(scope="module")
def unet():
    return load_component(find_component(STARTER, "unet"))


CONTEXTS = {
    "positive": Conditioning(torch.randn(1, 7, 192, generator=torch.Generator().manual_seed(1))),
    "negative": Conditioning(torch.randn(1, 7, 192, generator=torch.Generator().manual_seed(2))),
}


def run(unet, replays=None, solver="DPMSolverMultistepScheduler", **more):
    """The latents of a short run."""
    return denoise(
        UNetDenoiser(unet, replays=replays, controls=more.pop("controls", ())),
        SCHEDULERS[solver]().start(STEPS, "cpu"),
        torch.zeros(1, 4, 16, 16),
        conditioning=more.pop("conditioning", CONTEXTS),
        noise=SeededNoise([3], (4, 16, 16)),
        **more,
    )


@pytest.mark.parametrize("solver", ["DPMSolverMultistepScheduler", "DDIMScheduler"])
def test_a_run_is_the_same_and_most_of_its_steps_are_replayed(unet, cuda, solver):
    found = run(unet, CudaGraphs(cuda), solver)
    assert torch.equal(found, run(unet, None, solver))
    (graph,) = cuda.graphs
    assert graph.replays == STEPS - module.WARM_UP
    assert cuda.events == ["side waits", "beside", "main waits"] * module.WARM_UP


def test_what_a_replay_returns_is_left_alone_by_the_next(cuda):
    graphs, x = CudaGraphs(cuda), torch.zeros(1, 1)
    model = Doubling()
    found = []
    with torch.inference_mode():
        for number in range(6):
            found.append(graphs(model, "run", x + number, Embedded(torch.ones(1, 1) * number)))
    assert [float(each) for each in found] == [3.0 * number for number in range(6)]
    assert model.calls == module.WARM_UP + 1 and cuda.graphs[0].replays == 4


class Doubling(nn.Module):
    """2 · sample + time; counts its calls."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, sample, time, shift=None):
        self.calls += 1
        found = 2 * sample + time.vectors
        return found if shift is None else found + shift


def test_each_kind_of_call_has_a_graph_of_its_own(cuda):
    graphs, model = CudaGraphs(cuda), Doubling()
    kinds = [
        ("run", torch.ones(1, 3), None),
        ("run", torch.ones(2, 3), None),
        ("run", torch.ones(2, 3).double(), None),
        ("another", torch.ones(2, 3), torch.full((1,), 5.0)),
    ]
    with torch.inference_mode():
        for number in range(5):
            for steady, x, shift in kinds:
                context = () if shift is None else (shift,)
                time = Embedded(torch.full((len(x), 1), float(number)))
                found = graphs(model, steady, x * number, time, *context)
                assert torch.equal(found, 3 * number * x + (0 if shift is None else shift))
    assert len(cuda.graphs) == len(kinds)
    assert cuda.pools == [None, *["the pool of the first"] * 3]
    graphs.clear()
    assert cuda.events[-1] == "synchronised" and not graphs._kinds


def test_a_prompt_that_changes_on_the_way_and_guidance_on_a_part(unet, cuda):
    chain = replace(CONTEXTS["positive"], at=0.34, then=CONTEXTS["negative"])
    changing = {**CONTEXTS, "positive": chain}
    settings = {"conditioning": changing, "guidance": ClassifierFree(5.0, end=0.8)}
    assert torch.equal(run(unet, CudaGraphs(cuda), **settings), run(unet, **settings))
    assert [graph.replays for graph in cuda.graphs] == [1]  # the others come twice, or once


def test_who_reaches_in_is_let_in(unet, cuda):
    hooks = (MergeTokens(0.5),)
    assert torch.equal(run(unet, CudaGraphs(cuda), hooks=hooks), run(unet, hooks=hooks))
    assert not cuda.graphs and not cuda.events
    with calling(()):
        run(unet, CudaGraphs(cuda))
    assert len(cuda.graphs) == 1


def test_a_model_with_hooks_computes_as_ever(cuda):
    graphs, model, seen = CudaGraphs(cuda), Doubling(), []
    with model.register_forward_pre_hook(lambda *_: seen.append(1)), torch.inference_mode():
        for _ in range(5):
            graphs(model, "run", torch.ones(1, 1), Embedded(torch.ones(1, 1)))
    assert len(seen) == 5 and not cuda.graphs and not cuda.events


def test_gradients_are_followed(cuda):
    graphs, model = CudaGraphs(cuda), Doubling()
    x = torch.ones(1, 1, requires_grad=True)
    for _ in range(5):
        graphs(model, "run", x, Embedded(torch.ones(1, 1))).sum().backward()
    assert float(x.grad) == 10 and not cuda.graphs


def test_what_cannot_be_captured_computes_as_ever(unet, cuda, caplog):
    cuda.fails = True
    with caplog.at_level("DEBUG", "latent_loom"):
        assert torch.equal(run(unet, CudaGraphs(cuda)), run(unet))
    assert [r.message for r in caplog.records if "CUDA graph" in r.message] == [
        "A step is not captured as a CUDA graph: operation not permitted when stream is capturing"
    ]


def test_a_unet_that_is_led_computes_as_ever(unet, cuda, monkeypatch):
    class Leading:
        def acts(self, i, steps):
            return i < 4

        def extra(self, *_):
            return {}

    monkeypatch.setattr("engine.diffusion.denoiser.Lead", lambda *_: Leading())
    led = [(Control.__new__(Control), nn.Identity())]
    assert torch.equal(run(unet, CudaGraphs(cuda), controls=led), run(unet))
    assert not cuda.graphs and cuda.events.count("beside") == 2  # the steps that nobody leads


@pytest.mark.parametrize("on", [True, False])
def test_they_last_as_long_as_the_lease_where_they_are_asked_for(monkeypatch, on):
    made = []

    class Made:
        def __init__(self):
            made.append(self)
            self.cleared = False

        def clear(self):
            self.cleared = True

    monkeypatch.setattr(module, "CudaGraphs", Made)
    monkeypatch.setattr(switches, "_asked", Switches(graphs=on))
    with cuda_graphs("cpu") as found:
        assert found is None
    with pytest.raises(KeyError), cuda_graphs("cuda") as found:
        assert made == ([found] if on else [])
        raise KeyError
    assert [graphs.cleared for graphs in made] == [True] * on
