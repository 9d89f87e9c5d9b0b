"""What following a run is made of, without any worker."""

from __future__ import annotations

import time

import pytest

from app.gui.runs import words
from app.gui.runs.board import Board
from app.gui.runs.edited import Drawn, edited, settled
from app.gui.runs.names import told
from app.gui.runs.running import Running
from app.session import open_registry
from engine.graph.graph import Graph
from engine.graph.subgraph import collapse
from engine.graph.sweep import Axis


@pytest.mark.parametrize(
    ("flat", "names"),
    [
        ("denoise", ("denoise",)),
        ("denoise@guidance=7.5/2#1", ("denoise",)),
        ("fix/denoise", ("fix/denoise", "fix")),
        ("a/b/c", ("a/b/c", "a/b", "a")),
        ("loop#3/step", ("step", "loop")),
        ("fix/loop#12/step@seed=4", ("fix/step", "fix/loop", "fix")),
        ("loop#0:item", ("loop",)),
    ],
)
def test_nodes_that_stand_for_a_written_out_one(flat, names):
    assert told(flat) == names


def step(node, state, seconds=None):
    return {"node": node, "state": state, "why": f"{node} why", "seconds": seconds, "key": node}


def event(name, node, **more):
    return {"event": name, "node": node, **more}


def test_a_board_follows_one_node():
    board = Board()
    models = {"memory": {"weights": 7, "words": "weights of 7 KB"}}
    board.begin([step("a", "cached", 3.0), step("b", "run", 2.0) | models, step("c", "left out")])
    assert [board.status(name).held for name in "ab"] == ["", "weights of 7 KB"]
    assert [board.status(name).state for name in "abc"] == ["cached", "waiting", ""]
    assert (board.status("a").seconds, board.status("b").expected) == (3.0, 2.0)
    assert board.take(event("started", "b")) == ("b",)
    board.take(event("progress", "b", step=3, total=9, text=""))
    board.take(event("progress", "b", step=1, total=1, text="Words were cut."))
    status = board.status("b")
    assert (status.state, status.step, status.total, status.text) == (
        *("running", 3, 9),
        "Words were cut.",
    )
    board.take(event("produced", "b", seconds=1.5, memory=7, files=["x.png"]))
    status = board.status("b")
    assert (status.state, status.seconds, status.memory, status.files) == (
        *("done", 1.5, 7),
        ("x.png",),
    )
    assert board.counts() == (1, 1)


def test_a_board_sums_up_a_zone():
    board = Board()
    board.begin([step(f"loop#{turn}/step", "run", 1.0) for turn in range(3)])
    assert board.status("loop").state == board.status("step").state == "waiting"
    board.take(event("started", "loop#0/step"))
    board.take(event("produced", "loop#0/step", seconds=1.0, memory=5, files=[]))
    assert board.status("step").state == "running"
    board.take(event("cached", "loop#1/step", files=[]))
    board.take(event("started", "loop#2/step"))
    status = board.status("loop")
    assert (status.state, status.step, status.total) == ("running", 2, 3)
    board.take(event("produced", "loop#2/step", seconds=2.0, memory=4, files=[]))
    status = board.status("step")
    assert (status.state, status.seconds, status.memory) == ("done", 3.0, 5)
    board.take(event("failed", "loop#2/step", error="No."))
    assert (board.status("loop").state, board.status("loop").error) == ("failed", "No.")


@pytest.fixture(scope="module")
def registry():
    return open_registry()


def small() -> Graph:
    graph = Graph()
    graph.add("noise.seed", "seed", params={"value": None})
    graph.add("latents.empty", "latents")
    graph.add("diffusion.denoise", "denoise")
    graph.add("vae.decode", "decode")
    graph.connect("seed.noise", "denoise.noise")
    graph.connect("latents.latents", "denoise.latents")
    graph.connect("denoise.latents", "decode.latents")
    return graph


def test_what_was_edited_and_all_below_it(registry):
    ran = small()
    now = ran.copy()
    assert edited(now, ran, registry) == set()
    now.set_param("latents", "batch", 2)
    assert edited(now, ran, registry) == {"latents", "denoise", "decode"}
    now = ran.copy()
    now.disconnect("decode.latents")
    assert edited(now, ran, registry) == {"decode"}
    now = ran.copy()
    now.place("denoise", {"at": [1, 2]})
    now.add("vae.decode", "more")
    assert edited(now, ran, registry) == {"more"}
    now = ran.copy()
    now.set_axis("denoise.steps", Axis((2, 3)))
    assert edited(now, ran, registry) == {"denoise", "decode"}


def test_an_open_seed_is_what_was_drawn_for_it(registry):
    now, ran = small(), small()
    ran.set_param("seed", "value", 77)
    assert edited(now, ran, registry) == set()
    assert settled(now, Drawn(now, ran), registry).nodes["seed"].params["value"] == 77
    assert now.nodes["seed"].params["value"] is None
    asked = now.copy()
    now.set_param("seed", "value", 5)
    assert edited(now, ran, registry) == {"seed", "denoise", "decode"}
    assert settled(now, Drawn(asked, ran), registry).nodes["seed"].params["value"] == 5


def test_one_of_several_runs_has_a_seed_of_its_own(registry):
    asked, ran = small(), small()
    asked.set_param("seed", "value", 7)
    ran.set_param("seed", "value", 77)
    now = asked.copy()
    assert settled(now, Drawn(asked, ran), registry).nodes["seed"].params["value"] == 77
    now.set_param("seed", "value", 8)
    assert settled(now, Drawn(asked, ran), registry).nodes["seed"].params["value"] == 8


def test_an_edit_inside_a_subgraph_touches_its_instances(registry):
    ran = small()
    collapse(ran, ["seed", "denoise"], "inner", "both")
    now = ran.copy()
    body = now.definitions["inner"].body()
    body.set_param("denoise", "steps", 3)
    now.define("inner", now.definitions["inner"].with_body(body))
    assert edited(now, ran, registry) == {"both", "decode"}
    drawn = ran.copy()
    body = drawn.definitions["inner"].body()
    body.set_param("seed", "value", 9)
    drawn.define("inner", drawn.definitions["inner"].with_body(body))
    assert edited(ran, drawn, registry) == set()
    found = settled(ran, Drawn(ran, drawn), registry)
    assert found.definitions["inner"].nodes["seed"].params["value"] == 9


def test_how_far_a_run_is():
    run = Running("job 1", "x", time.monotonic())
    assert run.share is None
    run = run.planned([step("a", "run", 1.0), step("b", "run", 3.0), step("c", "cached", 9.0)])
    assert (run.total, run.expected, run.share) == (2, 4.0, 0.0)
    run = run.after(event("started", "a"))
    run = run.after(event("progress", "a", step=1, total=4, text=""))
    assert run.share == 0.125
    run = run.after(event("produced", "a"))
    assert run.share == 0.5
    assert run.planned([step("a", "run"), step("b", "run", 1.0)]).expected is None


def test_times_in_words():
    said = [words.time(seconds) for seconds in (0.04, 9.94, 9.96, 59.4, 59.6, 125, 7325)]
    assert said == ["0.0 s", "9.9 s", "10 s", "59 s", "1 min 00 s", "2 min 05 s", "2 h 02 min"]
