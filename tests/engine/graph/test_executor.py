from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

from engine.graph import events, workflow
from engine.graph.cache import Cache
from engine.graph.check import CheckError
from engine.graph.context import Context, Settings
from engine.graph.errors import GraphError, LoomError
from engine.graph.executor import Executor
from engine.graph.graph import Graph, Node, Source
from engine.graph.registry import Registry
from engine.graph.spec import ForPreviews, node, spec_of
from engine.graph.subgraph import Definition
from engine.graph.sweep import Axis
from tests.engine.graph import stubs


class Listener:
    """Collects events; `texts` are short forms of all but progress and previews."""

    def __init__(self) -> None:
        self.events: list[events.Event] = []

    def __call__(self, event: events.Event) -> None:
        self.events.append(event)

    @property
    def texts(self) -> list[str]:
        dull = (events.Progress, events.Preview)
        return [f"{e.name} {e.node}".strip() for e in self.events if not isinstance(e, dull)]


@pytest.fixture
def executor(settings: Settings) -> Executor:
    return Executor(stubs.registry(), settings, strict=True)


seen: dict[str, Any] = {}


@node("test.keep", nature="effect")
def keep(ctx: Context, items: list[stubs.Latents] | None = None) -> None:
    """Keeps what it is told of its origin."""
    seen.update(ctx.provenance)


@node("test.maybe")
def maybe() -> stubs.Latents | None:
    """Nothing, today."""
    return None


@node("test.bears")
def bears(latents: stubs.Latents | None) -> int:
    """Has to be joined, and can do with nothing."""
    return -1 if latents is None else len(latents.values)


@node("test.needs")
def needs(latents: stubs.Latents) -> int:
    """Can't do with nothing."""
    return len(latents.values)


@node("test.draw")
def draw(
    latents: stubs.Latents, brush: Annotated[stubs.Latents | None, ForPreviews()] = None
) -> int:
    """Might show with the brush how it gets on."""
    seen["brush"] = brush
    return int(sum(latents.values))


def saving(name: str = "out") -> Graph:
    graph = stubs.chain(3, value=1)
    graph.add("save.text", "save", params={"name": name}, inputs={"value": "n2.int"})
    graph.set_outputs(["save"])
    return graph


def test_a_graph_runs(executor: Executor):
    result = executor.run(stubs.chain(4, value=10))
    assert result.ok
    assert result.value("n3.int") == 16
    assert result.ran == ("n0", "n1", "n2", "n3")


def test_unchanged_runs_nothing(executor: Executor):
    graph = stubs.diffusion()
    first = executor.run(graph)
    stubs.calls.clear()
    second = executor.run(graph)
    assert second.ran == () and not stubs.calls
    assert set(second.cached) == set(graph.nodes)
    assert second.value("denoise.stub_latents") == first.value("denoise.stub_latents")


def test_an_edit_runs_only_what_it_reaches(executor: Executor):
    graph = stubs.diffusion()
    executor.run(graph)
    graph.set_param("prompt", "text", "b")
    assert executor.run(graph).ran == ("prompt", "denoise")
    graph.undo()
    assert executor.run(graph).ran == ()


def test_what_only_draws_previews_is_no_part_of_the_result(settings: Settings):
    executor = Executor(Registry((*stubs.NODES, draw)), settings, strict=True)
    graph = Graph()
    graph.add("noise.seed", "seed", params={"seed": 3})
    graph.add("noise.seed", "brush", params={"seed": 4})
    graph.add("test.draw", "draw", inputs={"latents": "seed.stub_latents"})
    first = executor.run(graph, ["draw"])
    graph.connect("brush.stub_latents", "draw.brush")
    assert executor.plan(graph, ["draw"]).runs == ()
    second = executor.run(graph, ["draw"])
    assert second.ran == () and second.value("draw.int") == first.value("draw.int")
    graph.set_param("seed", "seed", 5)
    assert executor.run(graph, ["draw"]).ran == ("seed", "brush", "draw")
    assert seen["brush"] is not None
    graph.set_param("brush", "seed", 6)
    assert executor.run(graph, ["draw"], fresh=False).ran == ()


def test_an_output_may_carry_nothing_for_those_who_say_so(settings: Settings):
    executor = Executor(Registry((*stubs.NODES, maybe, bears, needs)), settings)
    graph = Graph()
    graph.add("test.maybe", "maybe")
    graph.add("test.bears", "bears", inputs={"latents": "maybe.stub_latents"})
    graph.add("test.needs", "needs", inputs={"latents": "maybe.stub_latents"})
    result = executor.run(graph, ["bears", "needs"])
    assert result.value("bears.int") == -1
    assert "latents: What is joined to it gave nothing" in str(result.failed["needs"])


def test_only_what_is_asked_for_runs(executor: Executor):
    graph = stubs.chain(5)
    graph.add("math.fail", "unrelated", params={"a": 1})
    assert executor.run(graph, ["n2"]).ran == ("n0", "n1", "n2")
    assert stubs.calls["fail"] == 0


def test_a_problem_elsewhere_does_not_matter(executor: Executor):
    graph = stubs.chain(3)
    graph.add("no.such", "odd")
    assert executor.run(graph).ok
    with pytest.raises(CheckError, match=r"odd\.type"):
        executor.run(graph, ["odd"])


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda g: g.add("no.such", "odd"), "unknown-type"),
        (lambda g: g.add("subgraph:none", "odd"), "unknown-type"),
        (lambda g: g.add("repeat", "odd"), "repeat"),
        (lambda g: g.add("math.add", "odd", zone="nowhere", params={"a": 1}), "zone"),
        (lambda g: g.add("math.add", "odd", inputs={"a": "odd.int"}), "cycle"),
        (lambda g: g.add("subgraph:round", "odd"), "recursion"),
        (lambda g: g.add("math.add", "odd", inputs={"a": "nobody.int"}), "missing-node"),
    ],
)
@pytest.mark.parametrize("swept", [False, True])
def test_a_fault_that_no_output_needs_is_told_and_stops_nothing(
    executor: Executor, edit: Callable[[Graph], object], code: str, swept: bool
):
    graph = stubs.chain(3)
    graph.define("round", Definition({"again": Node("again", "subgraph:round")}))
    if swept:
        graph.set_axis("n2.b", Axis((2, 4)))
    edit(graph)
    result = executor.run(graph)
    assert result.ok
    assert [result.value("n2.int", cell) for cell in result.grid.cells] == [3, 5][: 1 + swept]
    assert [item.code for item in result.elsewhere] == [code]
    assert [item.code for item in executor.plan(graph).elsewhere] == [code]
    graph.set_outputs(["n2", "odd"])
    with pytest.raises(CheckError) as error:
        executor.run(graph)
    assert code in {item.code for item in error.value.problems}


def test_a_fault_inside_a_subgraph_stops_what_needs_an_instance(executor: Executor):
    graph = stubs.chain(3)
    broken = {"zone": Node("zone", "repeat"), "add": Node("add", "math.add", params={"a": 1})}
    graph.define("broken", Definition(broken, (), {"y": Source("add", "int")}))
    graph.add("subgraph:broken", "one")
    graph.add("math.add", "below", inputs={"a": "one.y"})
    result = executor.run(graph)
    assert result.ok and [item.where for item in result.elsewhere] == ["subgraph:broken/zone.times"]
    with pytest.raises(CheckError, match=r"subgraph:broken/zone\.times"):
        executor.run(graph, ["below"])


def test_an_equal_result_stops_the_change(executor: Executor):
    graph = Graph()
    graph.add("math.number", "n", params={"value": 50})
    graph.add("math.clamp", "c", inputs={"a": "n.int"})
    graph.add("math.add", "d", inputs={"a": "c.int"})
    graph.add("math.add", "e", inputs={"a": "d.int"})
    executor.run(graph)
    graph.set_param("n", "value", 60)
    listener = Listener()
    result = executor.run(graph, emit=listener)
    assert result.ran == ("n", "c")
    assert result.cached == ("d", "e")
    assert result.value("e.int") == 10
    assert executor.run(graph).ran == ()


def test_cut_off_reads_nothing_from_disk(settings: Settings, tmp_path: Path):
    graph = Graph()
    graph.add("math.number", "n", params={"value": 50})
    graph.add("math.clamp", "c", inputs={"a": "n.int"})
    graph.add("math.add", "d", inputs={"a": "c.int"})
    Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph)
    graph.set_param("n", "value", 60)
    again = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c"))
    assert again.run(graph).ran == ("n", "c")


def test_a_second_process_runs_nothing(settings: Settings, tmp_path: Path):
    graph = stubs.diffusion()
    graph.add("math.sum", "sum", inputs={"items": "denoise.stub_latents"})
    graph.add("save.text", "save", inputs={"value": "sum.total"})
    graph.set_outputs(["save", "sum"])
    first = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph)
    stubs.calls.clear()
    second = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph)
    assert second.ran == () and not stubs.calls
    assert second.value("sum.total") == first.value("sum.total")
    assert second.files == first.files == (settings.output_folder.absolute() / "out.txt",)


def test_a_deleted_file_is_saved_again_and_nothing_else_runs(executor: Executor):
    graph = saving()
    first = executor.run(graph)
    first.files[0].unlink()
    assert executor.run(graph).ran == ("save",)
    assert first.files[0].read_text() == "4"
    first.files[0].write_text("changed")
    assert executor.run(graph).ran == ("save",)
    assert first.files[0].read_text() == "4"
    assert executor.run(graph).ran == ()


def test_another_output_folder_saves_there(executor: Executor, settings: Settings):
    graph = saving()
    executor.run(graph)
    moved = replace(settings, output_folder=settings.output_folder / "sub")
    result = Executor(executor.registry, moved, cache=executor.cache).run(graph)
    assert result.ran == ("save",)
    assert result.files == (moved.output_folder.absolute() / "out.txt",)


@pytest.mark.usefixtures("values_in_files")
def test_damage_on_disk_is_made_again(settings: Settings, tmp_path: Path):
    graph = stubs.chain(4, value=10)
    graph.set_outputs(["n3"])
    Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph)
    for path in (tmp_path / "c" / "values").glob("*/*"):
        path.write_bytes(os.urandom(5))
    executor = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c"))
    result = executor.run(graph)
    assert result.value("n3.int") == 16
    assert "n3" in result.ran
    graph.set_param("n3", "b", 100)
    assert executor.run(graph).value("n3.int") == 113
    assert Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph).ran == ()


def test_no_memory_at_all_changes_no_result(settings: Settings):
    graph = stubs.diffusion()
    for memory in (0, 600, 1 << 20):
        executor = Executor(stubs.registry(), settings, cache=Cache(memory=memory))
        stubs.calls.clear()
        result = executor.run(graph)
        assert result.value("denoise.stub_latents").values == (7.5,) * 16
        assert max(stubs.calls.values()) == 1
        graph.set_param("denoise", "steps", 5)
        assert executor.run(graph).value("denoise.stub_latents").values == (7.5,) * 16
        graph.undo()


@pytest.mark.parametrize("disk", [0, 300, 600, 1000])
def test_results_that_push_each_other_out_are_made_again_and_no_more(
    settings: Settings, tmp_path: Path, disk: int
):
    """Equal work in one chain, with nearly no room to keep it."""
    graph = stubs.chain(2, value=40)
    last = "n1.int"
    for place in range(6):
        graph.add("math.add", f"more{place}", params={"b": 5}, inputs={"a": last})
        graph.add(
            "math.clamp", f"less{place}", params={"high": 41}, inputs={"a": f"more{place}.int"}
        )
        last = f"less{place}.int"
    graph.set_outputs(["less5"])
    for _ in range(3):
        cache = Cache(tmp_path / "c", memory=0, disk=disk)
        stubs.calls.clear()
        assert Executor(stubs.registry(), settings, cache=cache).run(graph).value(last) == 41
        assert sum(stubs.calls.values()) <= 2 * len(graph.nodes)
        cache.close()


def test_a_failure_blocks_only_what_reads_it(executor: Executor):
    graph = stubs.chain(3)
    graph.add("math.fail", "bad", params={"a": 1})
    graph.add("math.add", "below", inputs={"a": "bad.int"})
    graph.add("math.add", "deep", inputs={"a": "below.int", "b": "n2.int"})
    graph.set_outputs(["deep", "n2"])
    listener = Listener()
    result = executor.run(graph, emit=listener)
    assert not result.ok
    assert set(result.ran) == {"n0", "n1", "n2"}
    assert list(result.failed) == ["bad"]
    assert result.blocked == {"below": "bad", "deep": "bad"}
    assert "failed bad" in listener.texts
    assert "blocked deep" in listener.texts
    with pytest.raises(GraphError, match="no value at deep"):
        result.value("deep.int")


def test_a_node_that_would_end_the_program_has_failed(executor: Executor):
    @node("stub.exit")
    def leave(a: int = 0) -> int:
        """Ends the program."""
        raise SystemExit(a)

    executor.registry.add(spec_of(leave))
    graph = stubs.chain(3)
    graph.add("stub.exit", "bad")
    result = executor.run(graph, ["bad", "n2"])
    assert "it tried to end the program" in str(result.failed["bad"])
    assert set(result.ran) == {"n0", "n1", "n2"}


def test_a_run_resumes_where_it_failed(executor: Executor):
    graph = stubs.chain(3)
    graph.add("math.fail", "bad", inputs={"a": "n2.int"})
    graph.add("math.add", "end", inputs={"a": "bad.int"})
    graph.set_outputs(["end"])
    assert executor.run(graph).failed
    graph.set_param("n2", "b", 1)
    assert executor.run(graph).ran == ("n2", "bad", "end")


def test_an_error_names_node_inputs_and_cause(executor: Executor):
    graph = stubs.chain(2)
    graph.add("math.fail", "bad", inputs={"a": "n1.int"})
    graph.set_outputs(["bad"])
    error = executor.run(graph).failed["bad"]
    assert str(error) == ("bad: Fail failed: ValueError: 1 is odd. Its inputs were a ← n1.int.")
    assert isinstance(error.__cause__, ValueError)


def test_a_linked_value_out_of_range_names_the_input(executor: Executor):
    graph = stubs.diffusion()
    graph.add("math.number", "n", params={"value": 5000})
    graph.connect("n.int", "denoise.steps")
    error = executor.run(graph).failed["denoise"]
    assert str(error) == (
        "denoise.steps: 5000 does not fit. It takes a whole number from 1 to 1000."
    )


def test_conversions_are_applied(executor: Executor):
    graph = Graph()
    graph.add("math.number", "n", params={"value": 3})
    graph.add("math.halve", "h", inputs={"value": "n.int"})
    assert executor.run(graph).value("h.float") == 1.5


def test_lists_are_gathered_in_order(executor: Executor):
    graph = Graph()
    graph.add("noise.seed", "a", params={"seed": 1})
    graph.add("noise.seed", "b", params={"seed": 2, "count": 2})
    graph.add("math.sum", "s", inputs={"items": ["a.stub_latents", "b.stub_latents"]})
    assert executor.run(graph).value("s.total") == 6
    graph.disconnect("s.items")
    assert executor.run(graph).value("s.total") == 0


def test_cancel_stops_within_one_step(executor: Executor):
    graph = stubs.diffusion()
    graph.set_param("denoise", "steps", 100)
    cancel = threading.Event()
    seen: list[int] = []

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Progress):
            seen.append(event.step)
            if event.step == 7:
                cancel.set()

    result = executor.run(graph, emit=listen, cancel=cancel)
    assert seen == list(range(1, 8))
    assert result.cancelled and not result.ok
    assert set(result.ran) == {"model", "prompt", "empty"}
    assert executor.run(graph).ran == ("denoise",)


def test_cancel_before_anything(executor: Executor):
    cancel = threading.Event()
    cancel.set()
    listener = Listener()
    result = executor.run(stubs.chain(3), emit=listener, cancel=cancel)
    assert result.cancelled and not stubs.calls
    assert listener.texts == ["cancelled n0", "cancelled n1", "cancelled n2", "finished"]


def test_the_events_of_a_run(executor: Executor):
    graph = stubs.diffusion()
    listener = Listener()
    executor.run(graph, emit=listener)
    assert listener.texts == [
        "started model", "produced model", "started prompt", "produced prompt",
        "started empty", "produced empty", "started denoise", "produced denoise", "finished",
    ]  # fmt: skip
    steps = [e.step for e in listener.events if isinstance(e, events.Progress)]
    assert steps == [1, 2, 3, 4]
    finished = listener.events[-1]
    assert isinstance(finished, events.Finished)
    assert (finished.ran, finished.cached, finished.failed) == (4, 0, 0)
    again = Listener()
    executor.run(graph, emit=again)
    assert again.texts == [f"cached {name}" for name in graph.nodes] + ["finished"]


def test_seeds(executor: Executor):
    graph = Graph()
    graph.add("noise.seed", "noise", params={"seed": None})
    drawn = executor.run(graph)
    seed = drawn.graph.nodes["noise"].params["seed"]
    assert drawn.value("noise.stub_latents").values == (float(seed),)
    assert graph.nodes["noise"].params["seed"] is None
    assert executor.run(drawn.graph).ran == ()
    assert executor.run(graph, seed=5).value("noise.stub_latents").values == (5.0,)
    assert executor.run(graph, seed=5).ran == ()


def test_provenance_makes_the_same_again(settings: Settings, executor: Executor):
    executor = Executor(Registry([*stubs.NODES, keep]), settings)
    graph = stubs.diffusion()
    graph.add("noise.seed", "noise", params={"seed": None})
    graph.add("test.keep", "keep", inputs={"items": ["noise.stub_latents", "denoise.stub_latents"]})
    graph.set_outputs(["keep"])
    result = executor.run(graph)
    assert seen["seeds"] == {"noise.seed": result.graph.nodes["noise"].params["seed"]}
    assert list(seen["models"]) == ["tiny"]
    assert seen["models"]["tiny"].startswith("b2:")
    again = workflow.from_json(seen["workflow"])
    assert again == result.graph
    assert executor.run(again).ran == ()


def test_fresh_runs_everything(executor: Executor):
    graph = stubs.diffusion()
    executor.run(graph)
    assert set(executor.run(graph, fresh=True).ran) == set(graph.nodes)
    assert executor.run(graph).ran == ()


def test_equal_nodes_run_once(executor: Executor):
    graph = Graph()
    for name in "ab":
        graph.add("math.number", name, params={"value": 3})
    graph.set_outputs(["a", "b"])
    result = executor.run(graph)
    assert stubs.calls["number"] == 1
    assert result.value("a.int") == result.value("b.int") == 3


def test_a_value_that_nothing_can_digest(executor: Executor):
    executor.strict = False
    graph = Graph()
    graph.add("any.opaque", "hidden")
    graph.add("any.use", "use", inputs={"value": "hidden.stub_opaque"})
    graph.set_outputs(["use"])
    assert executor.run(graph).value("use.int") == 1
    assert executor.run(graph).ran == ()


def test_a_node_that_changes_its_input_is_caught(executor: Executor):
    graph = Graph()
    graph.add("noise.seed", "noise")
    graph.add("any.spoil", "spoil", inputs={"values": "noise.stub_latents"})
    graph.set_outputs(["spoil"])
    assert "changed one of its inputs" in str(executor.run(graph).failed["spoil"])


def test_a_missing_model_is_an_error_before_anything_runs(executor: Executor):
    graph = stubs.diffusion()
    graph.set_param("model", "model", "none")
    with pytest.raises(LoomError, match=r"model\.model: There is no model called 'none'"):
        executor.run(graph)
    assert not stubs.calls


def test_a_changed_model_runs_what_reads_it(executor: Executor, settings: Settings):
    graph = stubs.diffusion()
    executor.run(graph)
    (settings.model_folders[0] / "tiny" / "extra").write_text("more")
    assert executor.run(graph).ran == ("model", "prompt", "empty", "denoise")


def test_a_long_chain_runs_without_recursion(executor: Executor):
    executor.strict = False
    result = executor.run(stubs.chain(3000))
    assert result.value("n2999.int") == sum(range(3000))


def test_an_interrupt_is_a_cancel(executor: Executor, monkeypatch: pytest.MonkeyPatch):
    def interrupt(event: events.Event) -> None:
        if isinstance(event, events.Progress):
            raise KeyboardInterrupt

    result = executor.run(stubs.diffusion(), emit=interrupt)
    assert result.cancelled
    assert "denoise" not in result.ran


def test_an_output_folder_can_be_made(executor: Executor, settings: Settings):
    assert not settings.output_folder.exists()
    result = executor.run(saving())
    assert result.files[0].exists()
    assert list(settings.output_folder.iterdir()) == [result.files[0]]
