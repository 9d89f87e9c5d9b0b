"""The worker process, asked directly."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from app.gui.worker.client import Worker
from engine.graph.errors import LoomError
from engine.graph.graph import Graph, Node
from engine.graph.queue import Options

WAIT = 60_000
ROOT = Path(__file__).parents[4]


@pytest.fixture
def ask(stub_worker, stub_place, qtbot):
    """Asks the worker and waits for the answer."""
    from engine.diffusion.weights.search import model_folders

    folders = tuple(map(str, model_folders()))
    options = asdict(Options(str(stub_place / "outputs"), folders, (str(stub_place),)))

    def call(command, **arguments):
        if command != "forget":
            arguments["options"] = options
        answer = stub_worker.ask(command, **arguments)
        qtbot.waitUntil(lambda: answer.over, timeout=WAIT)
        if answer.error:
            raise answer.error
        return answer.value

    return call


@pytest.fixture
def events(stub_worker):
    found = []
    stub_worker.event.connect(found.append)
    yield found
    stub_worker.event.disconnect(found.append)


def graph(type_id, **params):
    return Graph([Node("it", type_id, params=params)])


def test_a_run_is_answered_and_told(ask, events, qtbot):
    made = ask("run", run="one", workflow=graph("stub.slow", value=5001, steps=3))
    assert made["ran"] == ["it"] and not made["cancelled"]
    qtbot.waitUntil(lambda: bool(events) and events[-1]["event"] == "ended", timeout=WAIT)
    told = [event["event"] for event in events if event["run"] == "one"]
    assert told[:3] == ["taken", "begun", "started"] and told[-2:] == ["finished", "ended"]
    assert events[1]["steps"][0]["state"] == "run"
    assert events[-1]["state"] == "done"


def test_a_node_that_prints_does_no_harm(ask):
    assert ask("run", run="shout", workflow=graph("stub.shout", value=5002))["ran"] == ["it"]


def test_a_cancel_before_the_run_begins_counts(stub_worker, qtbot, events):
    options = asdict(Options("outputs"))
    workflow = graph("stub.slow", value=5003, steps=1000, seconds=1.0)
    answer = stub_worker.ask("run", run="early", workflow=workflow, options=options)
    stub_worker.ask("cancel", run="early")
    qtbot.waitUntil(lambda: answer.over, timeout=WAIT)
    assert answer.value["cancelled"] and answer.value["ran"] == []


def test_previews_come_as_pictures(ask, stub_worker, qtbot):
    seen = []
    stub_worker.preview.connect(lambda run, node, image: seen.append((run, node, image)))
    ask("run", run="seen", workflow=graph("stub.picture", value=0.125))
    qtbot.waitUntil(lambda: bool(seen), timeout=WAIT)
    run, node, image = seen[0]
    assert (run, node, image.width(), image.height()) == ("seen", "it", 12, 8)
    assert image.pixelColor(0, 0) == QColor(255, 32, 32)


def test_pictures_of_any_size_come_whole(ask):
    workflow = graph("stub.ramp", width=3000, height=2100)  # 18.9 MB, more than is shared
    ask("run", run="large", workflow=workflow)
    (found,) = ask("pictures", workflow=workflow, port="it.image")["pictures"]
    assert (found.width(), found.height()) == (3000, 2100)
    for x, y in ((0, 0), (1234, 0), (17, 1398), (17, 1399), (2999, 2099)):
        assert found.pixelColor(x, y) == QColor(x % 256, y % 256, (x + y) % 256)
    (small,) = ask("pictures", workflow=workflow, port="it.image", side=100)["pictures"]
    assert (small.width(), small.height()) == (100, 70)


def test_masks_and_latents_are_pictures_too(ask):
    mask, latents = graph("stub.mask", value=0.2), graph("stub.latents")
    ask("run", run="mask", workflow=mask)
    (found,) = ask("pictures", workflow=mask, port="it.mask")["pictures"]
    assert found.format() == QImage.Format.Format_Grayscale8
    assert found.pixelColor(2, 2).red() == 51
    ask("run", run="latents", workflow=latents)
    (found,) = ask("pictures", workflow=latents, port="it.latents")["pictures"]
    assert (found.width(), found.height()) == (6 * 8, 4 * 8)


def test_small_pictures_of_what_there_is(ask):
    found = Graph(
        [
            Node("empty", "stub.latents", params={"value": 0.0}),
            Node("full", "stub.latents", params={"value": 1.0}),
            Node("large", "stub.ramp", params={"width": 400, "height": 200}),
            Node("late", "stub.mask", params={"value": 0.875}),
        ]
    )
    ask("run", run="small", workflow=found, outputs=["empty", "full", "large"])
    ports = {"empty": "empty.latents", "full": "full.latents"}
    ports |= {"large": "large.image", "late": "late.mask"}
    said = ask("thumbnails", workflow=found, ports=ports, side=100)
    assert said["nodes"] == ["full", "large"]
    sizes = [(picture.width(), picture.height()) for picture in said["pictures"]]
    assert sizes == [(48, 32), (100, 50)]


def test_a_summary_has_numbers(ask):
    workflow = graph("stub.latents", value=0.75)
    ask("run", run="summary", workflow=workflow)
    said = ask("summary", workflow=workflow, port="it.latents")
    assert said["kind"] == "Latents" and said["facets"] == {"space": "sd15", "channels": None}
    (tensor,) = said["tensors"]
    assert (tensor["shape"], tensor["dtype"]) == ([1, 4, 4, 6], "float32")
    assert (tensor["min"], tensor["max"]) == (-0.75, 0.75) and tensor["finite"]
    assert said["fields"] == {"factor": 8}


def test_what_is_not_kept_is_said_so(ask):
    with pytest.raises(LoomError, match=r"no result at it\.int.*Run it first"):
        ask("summary", workflow=graph("stub.slow", value=5004), port="it.int")
    workflow = graph("stub.number", value=5005)
    ask("run", run="number", workflow=workflow)
    with pytest.raises(LoomError, match="no pictures"):
        ask("pictures", workflow=workflow, port="it.int")
    assert ask("summary", workflow=workflow, port="it.int")["fields"] == {"value": 5005}


def test_errors_are_sentences_with_places(ask):
    with pytest.raises(LoomError) as said:
        ask("plan", workflow=graph("stub.nothing"))
    assert "stub.nothing" in str(said.value)
    with pytest.raises(LoomError, match="KeyError"):
        ask("nonsense")


def test_models_tokens_and_memory(ask):
    found = {model["name"]: model for model in ask("models")}
    assert found["starter"]["what"] and found["starter"]["size"] > 1e6
    short = ask("tokens", text="a red fish", model="starter")
    assert short["tokens"] == 3 and short["kept"] == 10 and short["limit"] > 3
    weighted = ask("tokens", text="a (red)1.3 fish++", model="starter")
    assert weighted["tokens"] == 3
    words = "red fish " * 200
    long = ask("tokens", text=words, model="starter")
    assert long["tokens"] == 400
    assert len(words[: long["kept"]].split()) == long["limit"]
    with pytest.raises(LoomError, match="no model"):
        ask("tokens", text="x", model="nobody")
    assert ask("forget")["freed"] >= 0


def test_a_lock_is_told_by_its_key(ask):
    workflow = graph("stub.number", value=5006)
    ask("run", run="lock", workflow=workflow, name="lock-test")
    keys = ask("lock", workflow=workflow, nodes=["it"], name="lock-test")
    assert list(keys) == ["it"] and len(keys["it"]) >= 32
    with pytest.raises(LoomError, match="no result to keep"):
        ask("lock", workflow=graph("stub.number", value=5007), nodes=["it"], name="other")


@pytest.mark.slow
def test_a_worker_that_cannot_start_says_why_and_is_left(stub_place, monkeypatch, qtbot, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LOOM_CACHE", str(tmp_path / "file"))
    worker = Worker()
    answer = worker.ask("models", options=asdict(Options("outputs")))
    with qtbot.waitSignal(worker.died, timeout=WAIT) as died:
        worker.start()
    assert "LOOM_CACHE" in died.args[0] and worker.state == "off"
    assert "LOOM_CACHE" in str(answer.error)
    worker.close()


@pytest.mark.slow
def test_no_worker_outlives_an_editor_that_is_killed(stub_place):
    """The editor is killed in the middle of a run; the worker goes by itself, and the job waits."""
    script = """
        import os, signal, sys
        from PySide6.QtCore import QCoreApplication
        from app.gui.worker.client import Worker
        from engine.graph.graph import Graph, Node

        app = QCoreApplication([])
        worker = Worker()
        def seen(event):
            if event["event"] == "progress":
                print(worker.pid, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)
        worker.event.connect(seen)
        slow = Graph([Node("it", "stub.slow", params={"steps": 100000, "seconds": 0.01})])
        folders = {"output_folder": ".", "model_folders": [], "input_folders": []}
        worker.ask("run", run="long", workflow=slow, options=folders)
        app.exec()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    assert done.returncode == -9
    pid = int(done.stdout)
    for _ in range(300):
        if not _is_there(pid):
            break
        time.sleep(0.1)
    assert not _is_there(pid)
    assert "leak" not in done.stderr and "Traceback" not in done.stderr


def _is_there(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.mark.slow
def test_the_editor_never_imports_torch():
    script = """
        import importlib, pkgutil, sys
        import app.gui
        aside = ("app.gui.worker.commands", "app.gui.worker.looking", "app.gui.worker.tokens")
        for module in pkgutil.walk_packages(app.gui.__path__, "app.gui."):
            if not module.name.startswith(aside):
                importlib.import_module(module.name)
        print(sorted({"torch", "transformers", "diffusers", "compel"} & sys.modules.keys()))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_API": "pyside6"},
        timeout=300,
    )
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stderr
