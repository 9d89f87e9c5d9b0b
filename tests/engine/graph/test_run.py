"""Nodes that run beside the device's, in real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import pytest

from engine.graph import events, run
from engine.graph.context import Context, Settings
from engine.graph.environment import environment
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.prefetch import Outlook
from engine.graph.registry import Registry
from engine.graph.result import Result
from engine.graph.run import THREADS
from engine.graph.spec import HandleOnly, node
from engine.graph.types import kind
from tests.engine.graph import stubs
from tests.engine.graph.stubs import add, chain, fail, number, save, total

WAIT = 5.0  # seconds after which a meeting of threads has failed


class Place:
    """Where the nodes of a test meet, and what they saw."""

    def __init__(self) -> None:
        self.meeting = threading.Barrier(2, timeout=WAIT)
        self.open = threading.Event()
        self.threads: dict[str, str] = {}
        self.on_device = 0
        self.most_on_device = 0
        self.lock = threading.Lock()


here = Place()


@pytest.fixture(autouse=True)
def fresh_place():
    global here
    here = Place()


@kind("TestHandle")
@dataclass(frozen=True)
class Handle:
    name: str


def seen(ctx: Context) -> None:
    here.threads[ctx.node_id] = threading.current_thread().name


@node("test.handle")
def handle(name: str = "m") -> Handle:
    """A model's handle."""
    return Handle(name)


@node("test.use")
def use(model: Handle, ctx: Context, after: int = 0) -> int:
    """Computes with a model."""
    seen(ctx)
    return after


@node("test.hungry")
def hungry(model: Handle, tries: int = 0) -> int:
    """Runs out of memory until it was tried so often again."""
    if int(environment().get("tries", 0)) < tries:
        raise MemoryError("none left")
    return int(environment().get("tries", 0))


@node("test.look")
def look(model: Annotated[Handle, HandleOnly()], after: int = 0) -> int:
    """Reads what a model's handle says."""
    return len(model.name)


@node("test.meet_device")
def meet_device(ctx: Context, a: int = 0) -> int:
    """Comes to an end only while another node runs."""
    seen(ctx)
    here.meeting.wait()
    return a


@node("test.meet_cpu", runs_on="cpu")
def meet_cpu(ctx: Context, a: int = 0) -> int:
    """Comes to an end only while another node runs."""
    seen(ctx)
    here.meeting.wait()
    return a


@node("test.meet_io", runs_on="io")
def meet_io(ctx: Context, a: int = 0) -> int:
    """Comes to an end only while another node runs."""
    seen(ctx)
    here.meeting.wait()
    return a


@node("test.alone")
def alone(ctx: Context, a: int = 0, nonce: int = 0) -> int:
    """Counts how many of its sort run at once."""
    with here.lock:
        here.on_device += 1
        here.most_on_device = max(here.most_on_device, here.on_device)
    time.sleep(0.002)
    with here.lock:
        here.on_device -= 1
    return a + 1


@node("test.pass_cpu", runs_on="cpu")
def pass_cpu(a: int = 0, nonce: int = 0) -> int:
    """a + 1, on another thread."""
    stubs.calls["pass_cpu"] += 1
    return a + 1


@node("test.slow_cpu", runs_on="cpu")
def slow_cpu(a: int = 0) -> int:
    """a + 1, in a while."""
    stubs.calls["slow_cpu"] += 1
    time.sleep(0.02)
    return a + 1


@node("test.fail_io", runs_on="io")
def fail_io(a: int = 0) -> int:
    """Fails, on another thread."""
    raise ValueError("no")


@node("test.long_cpu", runs_on="cpu")
def long_cpu(ctx: Context, a: int = 0) -> int:
    """Goes on until it is cancelled."""
    here.open.set()
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        ctx.check_cancel()
        time.sleep(0.001)
    return a


NODES = (
    number, add, total, fail, save, handle, use, look, hungry, meet_device, meet_cpu, meet_io,
    alone, pass_cpu, fail_io, long_cpu, slow_cpu,
)  # fmt: skip


@pytest.fixture
def executor(settings: Settings) -> Executor:
    return Executor(Registry(NODES), settings)


def side_by_side(first: str, second: str) -> Graph:
    graph = Graph()
    graph.add(first, "one", params={"a": 1})
    graph.add(second, "two", params={"a": 2})
    graph.add("math.add", "sum", inputs={"a": "one.int", "b": "two.int"})
    graph.set_outputs(["sum"])
    return graph


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("test.meet_device", "test.meet_cpu"),
        ("test.meet_io", "test.meet_device"),
        ("test.meet_cpu", "test.meet_io"),
        ("test.meet_io", "test.meet_io"),
    ],
)
def test_nodes_overlap(executor: Executor, first: str, second: str):
    result = executor.run(side_by_side(first, second))
    assert not result.failed
    assert result.value("sum.int") == 3
    assert result.ran == ("one", "two", "sum")


def test_the_devices_nodes_run_in_the_calling_thread(executor: Executor):
    executor.run(side_by_side("test.meet_device", "test.meet_cpu"))
    assert here.threads["one"] == threading.current_thread().name
    assert here.threads["two"] != here.threads["one"]


def test_a_branch_goes_on_while_the_device_computes(executor: Executor):
    graph = side_by_side("test.meet_device", "test.meet_cpu")
    graph.add("test.pass_cpu", "p", params={"a": 1})
    graph.add("test.pass_cpu", "q", inputs={"a": "p.int"})
    graph.connect("q.int", "two.a")
    assert executor.run(graph).value("sum.int") == 4


def test_one_node_at_a_time_has_the_device(executor: Executor):
    graph = Graph()
    for index in range(12):
        graph.add("test.pass_cpu", f"c{index}", params={"nonce": index})
        graph.add("test.alone", f"d{index}", params={"nonce": index}, inputs={"a": f"c{index}.int"})
    assert executor.run(graph).ok
    assert here.most_on_device == 1


def test_a_chain_that_changes_places(executor: Executor):
    graph = Graph()
    graph.add("math.number", "n0", params={"value": 0})
    for index in range(1, 40):
        type_id = ("test.pass_cpu", "test.alone")[index % 2]
        graph.add(type_id, f"n{index}", inputs={"a": f"n{index - 1}.int"})
    result = executor.run(graph)
    assert result.value("n39.int") == 39
    assert result.ran == tuple(f"n{index}" for index in range(40))


def test_equal_nodes_on_several_threads_run_once(executor: Executor):
    graph = Graph()
    for index in range(8):
        graph.add("test.slow_cpu", f"c{index}", params={"a": 1})
    result = executor.run(graph)
    assert result.ok and all(result.value(f"c{index}.int") == 2 for index in range(8))
    assert stubs.calls["slow_cpu"] == 1
    assert len(result.ran) == 1 and len(result.cached) == 7


def test_events_come_one_at_a_time_and_in_order_for_each_node(executor: Executor):
    graph = Graph()
    for index in range(30):
        type_id = ("test.pass_cpu", "test.alone")[index % 2]
        graph.add(type_id, f"n{index}", params={"nonce": index})
    inside: list[str] = []
    found: dict[str, list[str]] = {}

    def listen(event: events.Event) -> None:
        assert not inside
        inside.append(event.node)
        found.setdefault(event.node, []).append(event.name)
        time.sleep(0.0002)
        inside.pop()

    assert executor.run(graph, emit=listen).ok
    assert found.pop("") == ["finished"]
    assert all(names == ["started", "produced"] for names in found.values())
    assert len(found) == 30


def test_a_failure_on_another_thread_blocks_only_what_reads_it(executor: Executor):
    graph = side_by_side("test.fail_io", "test.pass_cpu")
    graph.add("test.pass_cpu", "free", inputs={"a": "two.int"})
    graph.set_outputs(["sum", "free"])
    result = executor.run(graph)
    assert set(result.failed) == {"one"}
    assert result.blocked == {"sum": "one"}
    assert result.value("free.int") == 4


def test_what_only_blocked_nodes_would_read_is_not_run(executor: Executor):
    graph = stubs.chain(20)
    graph.add("math.fail", "bad", params={"a": 1})
    graph.add("math.add", "end", inputs={"a": "n19.int", "b": "bad.int"})
    graph.set_outputs(["end"])
    result = executor.run(graph)
    assert (set(result.failed), result.blocked) == ({"bad"}, {"end": "bad"})
    assert result.ran == ()
    graph.set_param("bad", "a", 2)
    assert executor.run(graph).value("end.int") == sum(range(20)) + 2


def test_cancel_reaches_every_thread(executor: Executor):
    graph = Graph()
    graph.add("test.long_cpu", "a", params={"a": 1})
    graph.add("test.long_cpu", "b", params={"a": 2})
    cancel = threading.Event()

    def stop() -> None:
        here.open.wait(WAIT)
        cancel.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    began = time.monotonic()
    result = executor.run(graph, cancel=cancel)
    stopper.join()
    assert result.cancelled and result.ran == ()
    assert time.monotonic() - began < WAIT / 2


def test_nothing_begins_after_a_cancel(executor: Executor):
    graph = Graph()
    for index in range(20):
        graph.add("test.slow_cpu", f"c{index}", params={"a": index})
    cancel = threading.Event()

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Started):
            cancel.set()

    result = executor.run(graph, emit=listen, cancel=cancel)
    assert result.cancelled
    assert len(result.ran) == stubs.calls["slow_cpu"] <= THREADS["cpu"]
    assert len(executor.run(graph).ran) == 20 - len(result.ran)


def test_an_error_of_the_listener_stops_the_run_and_is_raised(executor: Executor):
    def listen(event: events.Event) -> None:
        if isinstance(event, events.Produced):
            raise RuntimeError("the listener")

    for type_id in ("test.pass_cpu", "test.alone"):
        graph = Graph()
        graph.add(type_id, "a")
        with pytest.raises(RuntimeError, match="the listener"):
            executor.run(graph, emit=listen, fresh=True)


class Models:
    """Stands for a model pool: what is loaded, and what it was asked to fetch."""

    handle = Handle

    def __init__(self, *names: str) -> None:
        self.names = set(names)
        self.fetched: list[str] = []
        self.expected: list[list[str]] = []

    def __contains__(self, found: Handle) -> bool:
        return found.name in self.names

    def prefetch(self, found: Handle) -> None:
        self.fetched.append(found.name)

    def expect(self, found: Iterable[Handle]) -> None:
        self.expected.append([handle.name for handle in found])

    def outlook(self, found: Sequence[Handle]) -> Outlook | None:
        names = [handle.name for handle in found]
        return None if "clip" in names else Outlook(len(names), " and ".join(names))

    def rescue(
        self, error: Exception, tried: Mapping[str, str]
    ) -> tuple[dict[str, str], str] | None:
        """The first two times that memory runs out there is something to try."""
        tries = int(tried.get("tries", 0))
        if not isinstance(error, MemoryError) or tries == 2:
            return None
        return {"tries": str(tries + 1)}, f"tried again, {tries + 1}"


def with_models() -> Graph:
    graph = Graph()
    for name in ("unet", "vae", "clip"):
        graph.add("test.handle", name, params={"name": name})
    graph.add("test.use", "encode", inputs={"model": "clip.test_handle"})
    wires = {"model": "unet.test_handle", "after": "encode.int"}
    graph.add("test.use", "denoise", inputs=wires)
    graph.add("test.use", "decode", inputs={"model": "vae.test_handle", "after": "denoise.int"})
    graph.set_outputs(["decode"])
    return graph


def test_a_plan_says_how_the_models_of_what_would_run_are_held(settings: Settings):
    executor = Executor(Registry(NODES), settings, models=Models())
    graph = with_models()
    graph.add("test.look", "look", inputs={"model": "unet.test_handle"})
    graph.set_outputs(["decode", "look"])

    def told() -> dict[str, str]:
        steps = executor.plan(graph, memory=True).steps
        return {step.node: step.memory.words for step in steps if step.memory}

    assert told() == {"denoise": "unet", "decode": "vae"}
    assert "memory   denoise  unet" in executor.plan(graph, memory=True).text().splitlines()
    assert not here.threads  # nothing that computes was called
    executor.run(graph, ["encode"])
    graph.set_param("vae", "name", "other")
    assert told() == {"denoise": "unet", "decode": "other"}
    executor.run(graph)
    assert told() == {}
    assert all(step.memory is None for step in executor.plan(with_models()).steps)


def test_models_are_fetched_while_the_node_before_computes(settings: Settings):
    models = Models()
    executor = Executor(Registry(NODES), settings, models=models)
    started: list[str] = []

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Started):
            started.append(f"{event.node}:{','.join(models.fetched)}")
            models.fetched.clear()

    assert executor.run(with_models(), emit=listen).ok
    assert {"denoise:vae", "encode:unet"} <= set(started)
    assert ["unet", "vae"] in models.expected  # while the prompt is encoded, in this order
    assert models.expected[-1] == []


@pytest.mark.parametrize("tries", [0, 1, 2, 3])
def test_a_node_whose_memory_runs_out_is_tried_again_as_long_as_models_know_how(tries: int):
    graph = Graph()
    graph.add("test.handle", "model")
    graph.add("test.hungry", "eat", params={"tries": tries}, inputs={"model": "model.test_handle"})
    notes: list[str] = []

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Progress):
            notes.append(f"{event.node}: {event.text}")

    result = Executor(Registry(NODES), models=Models()).run(graph, ["eat"], emit=listen)
    assert notes == ["eat: tried again, 1", "eat: tried again, 2"][:tries]
    if tries == 3:
        assert "none left" in str(result.failed["eat"])
    else:
        assert result.value("eat.int") == tries


def test_a_node_whose_model_is_loaded_goes_first(settings: Settings):
    graph = Graph()
    for name in "abc":
        graph.add("test.handle", name, params={"name": name})
        graph.add("test.use", f"use_{name}", inputs={"model": f"{name}.test_handle"})
    graph.set_outputs(["use_a", "use_b", "use_c"])
    started: list[str] = []

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Started) and event.node.startswith("use"):
            started.append(event.node)

    executor = Executor(Registry(NODES), settings, models=Models("c"))
    executor.run(graph, ["a", "b", "c"])
    executor.run(graph, emit=listen)
    assert started == ["use_c", "use_a", "use_b"]


def test_a_model_that_is_only_looked_at_is_not_fetched(settings: Settings):
    graph = with_models()
    graph.add("test.look", "look", inputs={"model": "unet.test_handle", "after": "encode.int"})
    graph.disconnect("denoise.after")
    graph.connect("look.int", "denoise.after")
    models = Models()
    started: list[str] = []

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Started):
            started.append(f"{event.node}:{','.join(models.fetched)}")

    Executor(Registry(NODES), settings, models=models).run(graph, ["denoise"], emit=listen)
    assert started[-3:] == ["encode:", "look:unet", "denoise:unet"]


def test_two_runs_take_turns_on_the_device(executor: Executor):
    graph = Graph()
    for index in range(10):
        graph.add("test.alone", f"d{index}", params={"nonce": index})
    others = [Executor(executor.registry) for _ in range(3)]
    threads = [threading.Thread(target=other.run, args=(graph,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert here.most_on_device == 1
    assert all(other.run(graph).ran == () for other in others)


def test_a_run_that_waits_for_the_device_can_be_cancelled(executor: Executor):
    graph = Graph()
    graph.add("test.alone", "a")
    cancel = threading.Event()
    results: list[Result] = []

    def wait() -> None:
        results.append(executor.run(graph, cancel=cancel))

    thread = threading.Thread(target=wait)
    with run._device:
        thread.start()
        time.sleep(0.02)
        cancel.set()
        thread.join(WAIT)
        assert not thread.is_alive()
    assert results[0].cancelled and results[0].ran == ()
    assert executor.run(graph).ran == ("a",)


def test_a_node_may_run_another_graph(settings: Settings):
    inner = Executor(Registry(NODES), settings)

    @node("test.inside")
    def inside(a: int = 0) -> int:
        """Runs a chain of nodes on the device, while it is there itself."""
        return inner.run(chain(3, value=a)).value("n2.int")

    graph = Graph()
    graph.add("test.inside", "outer", params={"a": 5})
    assert Executor(Registry([inside]), settings).run(graph).value("outer.int") == 8


def test_two_runs_at_once_share_a_cache(executor: Executor):
    graph = chain(60)
    results: list[int] = []

    def run() -> None:
        results.append(executor.run(graph).value("n59.int"))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [sum(range(60))] * 3
