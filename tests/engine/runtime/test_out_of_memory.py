"""Memory that runs out while a graph runs: a limit on live tensors stands for the device's."""

from pathlib import Path

import pytest
import torch

from engine.graph import events
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.graph.result import Result
from engine.runtime import pool as pools
from engine.runtime.live import LiveBytes
from engine.runtime.out_of_memory import OutOfMemory, next_try, ran_out
from engine.runtime.placement import LADDERS, Decision, ladder_of
from engine.runtime.pool import ModelPool, SharedModels

MODELS = Path(__file__).parents[3] / "resources" / "models"
SIDE = 512


@pytest.fixture(autouse=True)
def pool(monkeypatch) -> ModelPool:
    """A pool of this test's own."""
    found = ModelPool()
    monkeypatch.setattr(pools, "_shared", found)
    return found


def decoding() -> Graph:
    graph = Graph()
    graph.add("load.pipeline", "model", params={"model": {"name": "starter"}})
    size = {"width": SIDE, "height": SIDE}
    graph.add("latents.empty", "latents", params=size, inputs={"unet": "model.unet"})
    wires = {"vae": "model.vae", "latents": "latents.latents"}
    graph.add("vae.decode", "decode", inputs=wires)
    graph.set_outputs(["decode"])
    return graph


def run(limit: int = 0) -> tuple[Result, list[str], int]:
    """The result, the notes of nodes, and the most bytes that were alive."""
    registry = Registry()
    registry.load_pack("nodes", origin="latent-loom")
    executor = Executor(registry, Settings(model_folders=(MODELS,)), models=SharedModels())
    notes: list[str] = []

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Progress) and event.text:
            notes.append(event.text)

    with LiveBytes(limit=limit) as live:
        result = executor.run(decoding(), emit=listen)
    return result, notes, live.peak


def test_a_node_climbs_the_ladder_until_it_fits():
    whole, notes, peak = run()
    assert whole.ok and notes == [], whole.failed
    found, notes, _ = run(limit=int(0.75 * peak))
    assert found.ok
    assert notes == [
        "Memory ran out: tried again with one picture at a time.",
        "Memory ran out: tried again with the VAE in bands of 64 MB.",
        "Memory ran out: tried again with the VAE in bands of 16 MB.",
    ]
    difference = found.value("decode.image").pixels - whole.value("decode.image").pixels
    assert difference.abs().max() < 1e-5


def test_when_nothing_helps_the_error_says_what_was_done_and_the_way_out():
    found, notes, _ = run(limit=10 << 20)
    assert len(notes) == len(ladder_of("autoencode", "cpu")) - 1
    error = str(found.failed["decode"])
    assert "Memory ran out, with the VAE in bands of 16 MB. It needs about " in error
    assert "Make smaller pictures or fewer at once" in error


def test_a_budget_is_kept_without_running_out(pool: ModelPool):
    _, _, peak = run()
    pool.budget = int(0.75 * peak)
    found, notes, less = run()
    assert found.ok and less < pool.budget
    assert len(notes) == 1
    assert notes[0].startswith("To keep within ")
    assert "the VAE in bands of 16 MB (needs about " in notes[0]


def test_other_models_are_put_away_first(pool: ModelPool, monkeypatch):
    work = Decision("denoise", 1, LADDERS["denoise"][1], 5 << 30)
    error = OutOfMemory(work, 3 << 30, 4 << 30, torch.OutOfMemoryError("CUDA out of memory."))
    assert str(error) == (
        "Memory ran out, with each prompt through the model alone. It needs about 5 GB, and 4 GB "
        "is what there is. (CUDA out of memory.) Make smaller pictures or fewer at once, close "
        "other programs, or raise the budget that --vram or --ram sets."
    )
    cleared: list[int] = []
    monkeypatch.setattr(pool, "clear", lambda: cleared.append(1) or 0)
    first = next_try(error, pool, {})
    assert first == ({"rung": "1"}, "Memory ran out: tried again with all other models put away.")
    second = next_try(error, pool, first[0])
    assert second is not None and second[0] == {"rung": "2"}
    assert "feed-forward layers in slices" in second[1]
    assert next_try(error, pool, {"rung": "6"}) is None
    assert len(cleared) == 3


def test_other_errors_are_left_alone(pool: ModelPool):
    for error in (ValueError("no"), LoomError("no"), RuntimeError("shapes differ")):
        assert not ran_out(error)
        assert next_try(error, pool, {}) is None
    for error in (
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    ):
        assert ran_out(error)


def test_a_plain_node_is_tried_with_streamed_weights(pool: ModelPool):
    found = next_try(MemoryError(), pool, {})
    assert found is not None and found[0] == {"rung": "1"}
    assert "weights streamed" in found[1]
    assert next_try(MemoryError(), pool, found[0]) is None


def test_what_an_error_holds_is_let_go(pool: ModelPool):
    with LiveBytes() as live:

        def node() -> None:
            large = torch.zeros(1 << 20)
            raise torch.OutOfMemoryError(f"{large.sum()}")

        try:
            node()
        except torch.OutOfMemoryError as error:
            assert live.now > 1 << 20
            next_try(error, pool, {})
            assert live.now < 1 << 20
