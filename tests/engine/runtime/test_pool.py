import threading
import time

import pytest
import torch
from torch import nn

from engine.diffusion.values import ModelRef
from engine.diffusion.weights.handles import open_pipeline
from engine.graph.environment import within
from engine.graph.errors import LoomError
from engine.runtime.budget import Budget
from engine.runtime.device import Device
from engine.runtime.pool import (
    House,
    ModelPool,
    SharedModels,
    budget_of_process,
    size_of,
    use_budget,
)
from engine.runtime.surroundings import surroundings


def ref(name: str) -> ModelRef:
    return ModelRef("", "", "Linear", name)


class Loader:
    """Loads a layer of 400 bytes for any handle and counts how often."""

    def __init__(self, seconds: float = 0.0):
        self.loaded: list[str] = []
        self.seconds = seconds

    def __call__(self, handle: ModelRef) -> nn.Module:
        self.loaded.append(handle.digest)
        time.sleep(self.seconds)
        return nn.Linear(10, 10, bias=False)


def test_a_model_loads_once_and_equal_handles_share_it():
    loader = Loader()
    pool = ModelPool(budget=1000, loader=loader)
    with pool.lease(ref("a")) as first:
        pass
    with pool.lease(ModelRef("elsewhere", "unet", "Linear", "a")) as second:
        assert second is first
    assert loader.loaded == ["a"]
    assert pool.used == size_of(first) == 400


def test_the_least_recently_used_goes_first():
    loader = Loader()
    pool = ModelPool(budget=800, loader=loader)
    for name in ("a", "b", "a", "c"):
        with pool.lease(ref(name)):
            pass
    assert [ref(name) in pool for name in "abc"] == [True, False, True]
    assert pool.used == 800


def test_what_is_lent_is_never_put_away():
    pool = ModelPool(budget=400, loader=Loader())
    with pool.lease(ref("a")), pool.lease(ref("b")):
        assert pool.used == 800
        assert pool.clear() == 0
    assert pool.used == 400
    assert ref("b") in pool or ref("a") in pool
    assert pool.clear() == 400
    assert pool.used == 0


def test_a_failed_load_leaves_no_trace_and_is_tried_again():
    loader = Loader()
    broken = [True]

    def load(handle):
        if broken[0]:
            raise LoomError("It is broken.")
        return loader(handle)

    pool = ModelPool(loader=load)
    with pytest.raises(LoomError, match="broken"), pool.lease(ref("a")):
        pass
    assert ref("a") not in pool
    broken[0] = False
    with pool.lease(ref("a")):
        assert ref("a") in pool


def test_threads_that_want_one_model_load_it_once():
    loader = Loader(seconds=0.05)
    pool = ModelPool(budget=400, loader=loader)
    seen: list[int] = []

    def use(name: str):
        with pool.lease(ref(name)) as model:
            seen.append(id(model))

    threads = [threading.Thread(target=use, args=("a",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loader.loaded == ["a"]
    assert len(set(seen)) == 1


def test_different_models_load_beside_one_another():
    both = threading.Barrier(2, timeout=5)

    def load(handle):
        both.wait()  # passes only when the other thread is loading too
        return nn.Linear(1, 1)

    pool = ModelPool(loader=load)
    done: list[str] = []

    def use(name: str):
        with pool.lease(ref(name)):
            done.append(name)

    threads = [threading.Thread(target=use, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["a", "b"]


def fetched(pool: ModelPool, handle: ModelRef) -> bool:
    """Whether a model is there, after a while at most."""
    deadline = time.monotonic() + 5
    while handle not in pool and pool._fetching and time.monotonic() < deadline:
        time.sleep(0.005)
    return handle in pool


def test_a_model_fetched_ahead_is_there_for_the_lease():
    loader = Loader(seconds=0.02)
    pool = ModelPool(loader=loader)
    pool.prefetch(ref("a"))
    assert fetched(pool, ref("a"))
    with pool.lease(ref("a")):
        pool.prefetch(ref("a"))
    assert loader.loaded == ["a"]


def test_a_lease_waits_for_what_is_being_fetched():
    loader = Loader(seconds=0.05)
    pool = ModelPool(loader=loader)
    pool.prefetch(ref("a"))
    with pool.lease(ref("a")):
        assert loader.loaded == ["a"]


def test_nothing_is_fetched_that_does_not_fit_beside_what_is_lent(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(bytes(500))
    (tmp_path / "config.json").write_text('{"_class_name": "Linear"}')
    loader = Loader()
    pool = ModelPool(budget=800, loader=loader)
    with pool.lease(ref("a")):
        pool.prefetch(ModelRef(str(tmp_path), "", "Linear", "large"))
        assert not pool._fetching
    pool.prefetch(ModelRef(str(tmp_path), "", "Linear", "large"))
    assert fetched(pool, ref("large"))
    assert loader.loaded == ["a", "large"]


def test_a_fetch_that_fails_is_told_by_the_lease():
    def load(handle):
        raise LoomError("It is broken.")

    pool = ModelPool(loader=load)
    pool.prefetch(ref("a"))
    assert not fetched(pool, ref("a"))
    with pytest.raises(LoomError, match="broken"), pool.lease(ref("a")):
        pass


def test_the_shared_pool_is_not_opened_to_look(monkeypatch):
    monkeypatch.setattr("engine.runtime.pool._shared", None)
    models = SharedModels()
    assert models.handle is ModelRef
    assert ref("a") not in models
    models.prefetch(ref("a"))
    pool = ModelPool(loader=Loader())
    monkeypatch.setattr("engine.runtime.pool._shared", pool)
    models.prefetch(ref("a"))
    assert fetched(pool, ref("a")) and ref("a") in models


def test_the_default_loader_reads_the_folder_in_the_devices_numbers(tiny_model):
    parts = open_pipeline(tiny_model)
    pool = ModelPool(device=Device("cpu", "float32"))
    vae, tokenizer = parts["vae"], parts["tokenizer"]
    assert isinstance(vae, ModelRef) and isinstance(tokenizer, ModelRef)
    with pool.lease(vae) as model:
        assert next(model.parameters()).dtype == torch.float32
    with pool.lease(tokenizer) as words:
        assert words.model_max_length == 12


class FakeHouse:
    """Stands for a model that comes to a device and goes; keeps what was done with it."""

    def __init__(self, name: str, log: list[str], size: int = 400, can_stream: bool = True) -> None:
        self.module, self.name, self.log = object(), name, log
        self.size, self.can_stream = size, can_stream

    def bring(self) -> None:
        self.log.append(f"bring {self.name}")

    def stream(self, memory: int) -> int:
        self.log.append(f"stream {self.name} in {memory}")
        return self.size // 4

    def let_go(self) -> None:
        self.log.append(f"let go {self.name}")


def housing(log: list[str], **options) -> ModelPool:
    pool = ModelPool(1000, lambda handle: FakeHouse(handle.digest, log, **options))
    assert isinstance(FakeHouse("", log), House)
    return pool


def test_room_is_made_before_a_model_comes_not_after():
    log: list[str] = []
    pool = housing(log)
    for name in ("a", "b", "c", "a"):
        with pool.lease(ref(name)):
            assert pool.used <= 1000
    assert log == [
        *("bring a", "bring b", "let go a", "bring c", "let go b", "bring a"),
    ]


def test_room_for_what_is_computed_puts_others_away():
    log: list[str] = []
    pool = housing(log)
    with pool.lease(ref("a")):
        pass
    with pool.lease(ref("b"), room=500):
        assert log == ["bring a", "let go a", "bring b"]
        assert pool.others([ref("b")]) == 0
        pool.prefetch(ref("a"))  # waits: there is no room beside what is computed
    assert pool.used == 400


def test_what_is_expected_soonest_stays_longest():
    log: list[str] = []
    pool = housing(log)
    for name in "ab":
        with pool.lease(ref(name)):
            pass
    pool.expect([ref("c"), ref("a")])
    with pool.lease(ref("c")):
        assert log[-2:] == ["let go b", "bring c"]  # a was used longer ago, and is needed again
    pool.expect([ref("d"), ref("c"), ref("a")])
    with pool.lease(ref("d")):
        assert log[-2:] == ["let go a", "bring d"]


@pytest.mark.parametrize(
    ("options", "lease", "done"),
    [
        ({"size": 700}, {}, "bring a"),
        ({"size": 700}, {"room": 400}, "stream a in 600"),
        ({"size": 4000}, {}, "stream a in 1000"),
        ({"size": 4000, "can_stream": False}, {}, "bring a"),
        ({}, {"streamed": True}, "stream a in 1000"),
    ],
)
def test_what_does_not_fit_is_streamed(options, lease, done):
    log: list[str] = []
    pool = housing(log, **options)
    with pool.lease(ref("a"), **lease):
        assert log == [done]
        whole = options.get("size", 400)
        assert pool.used == (whole // 4 if "stream" in done else whole)


def test_a_model_changes_between_streamed_and_there_only_when_nobody_else_has_it():
    log: list[str] = []
    pool = housing(log)
    with pool.lease(ref("a")), pool.lease(ref("a"), streamed=True):
        assert log == ["bring a"]
    with within({"rung": "1"}), pool.lease(ref("a")):
        assert log == ["bring a", "stream a in 1000"]
    with pool.lease(ref("a")):
        assert log[-1] == "bring a"


def test_memory_that_runs_out_while_a_model_comes_leaves_the_pool_usable():
    log: list[str] = []
    pool = housing(log)
    with pool.lease(ref("a")):
        pass
    broken = pool._entries[ref("a")].house
    assert isinstance(broken, FakeHouse)
    pool.clear()

    def full() -> None:
        raise torch.OutOfMemoryError("no more")

    broken.bring, works = full, broken.bring
    with pytest.raises(torch.OutOfMemoryError), pool.lease(ref("a")):
        pass
    assert pool.used == 0 and ref("a") not in pool
    broken.bring = works
    with pool.lease(ref("a")):
        assert pool.used == 400


def test_the_budget_of_the_process_reaches_an_open_pool(monkeypatch):
    pool = ModelPool(loader=Loader())
    monkeypatch.setattr("engine.runtime.pool._shared", pool)
    monkeypatch.setattr("engine.runtime.pool._shared_budget", None)
    use_budget(Budget(vram=1 << 20, ram=12345))
    assert pool.budget == 12345  # on the CPU it is the computer's memory that counts
    assert budget_of_process().words() == "vram 1 MB, ram 12.1 KB"
    assert surroundings()["memory"] == budget_of_process().words()
