"""What the worker and the line to it are made of."""

from __future__ import annotations

import io
import logging
import os
import queue
import tempfile
import threading

import pytest

from app.gui.worker import arena, wire
from app.gui.worker.answers import Answer
from app.gui.worker.arena import SIZE, Arena, Parts
from app.gui.worker.main import Telling
from app.gui.worker.meter import Meter
from app.gui.worker.outbox import Outbox
from app.gui.worker.stops import Stops
from engine.graph import events
from engine.graph.errors import LoomError


def test_messages_come_as_they_went():
    stream = io.BytesIO()
    sent = [{"a": [1, 2.5, None, "…"]}, {}, {"text": "x" * 100_000}]
    for message in sent:
        wire.write(stream, message)
    stream.seek(0)
    assert [wire.read(stream) for _ in sent] == sent
    assert wire.read(stream) is None


def test_a_message_that_is_cut_off_is_none():
    stream = io.BytesIO()
    wire.write(stream, {"a": 1})
    whole = stream.getvalue()
    for length in (0, 3, 8, len(whole) - 1):
        assert wire.read(io.BytesIO(whole[:length])) is None


def test_an_arena_is_shared_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    here = Arena.create()
    if arena.NAMELESS:
        assert not list(tmp_path.iterdir())  # from the beginning, not only from when it is known
    there = Arena(here.path)
    there.view[5:8] = b"abc"
    assert bytes(here.view[4:9]) == b"\0abc\0"
    here.unname()
    assert not here.path.exists()
    here.view[SIZE - 1] = 7
    assert there.view[SIZE - 1] == 7
    there.close()
    here.close()


def test_parts_do_not_overlap_and_wait_for_room():
    parts = Parts(100)
    first, second = parts.take(40), parts.take(40)
    assert (first, second) == (0, 40)
    found = []
    waiting = threading.Thread(target=lambda: found.append(parts.take(30)))
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    parts.free(first)
    waiting.join(10)
    assert found == [0] and parts.take(10) == 30 and parts.take(20) == 80


def test_the_outbox_sends_only_the_newest_of_what_waits():
    sent, began, go_on = [], threading.Event(), threading.Event()

    def send(batch):
        sent.append(batch)
        began.set()
        go_on.wait(10)

    drawn = []

    def draw(event):
        drawn.append(event.value)
        return {"event": "preview", "node": event.node, "picture": event.value}

    box = Outbox(send, draw)
    box.emit(events.Started("a"), "one")
    assert began.wait(10)
    for step in range(50):
        box.emit(events.Progress("a", step + 1, 50), "one")
        box.emit(events.Preview("a", step), "one")
    box.emit(events.Progress("a", 7, 50), "other")
    box.emit(events.Preview("a", "no picture"), "other")
    box.emit(events.Produced("a", 1.0), "one", memory=5)
    go_on.set()
    for _ in range(200):
        if len(sent) == 2:
            break
        threading.Event().wait(0.05)
    told = [(item["run"], item["event"]) for item in sent[1]]
    assert told == [
        ("one", "progress"),
        ("one", "preview"),
        ("other", "progress"),
        ("other", "preview"),
        ("one", "produced"),
    ]
    assert sent[1][0]["step"] == 50 and drawn == [49, "no picture"]
    assert sent[1][-1]["memory"] == 5


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="Linux alone")
def test_the_meter_begins_a_new_peak_for_each_node():
    meter = Meter()
    meter.start("large")
    data = bytearray(64 << 20)
    data[::4096] = b"x" * len(data[::4096])
    large = meter.stop("large")
    del data
    meter.start("small")
    small = meter.stop("small")
    assert 60 << 20 <= large < 200 << 20
    assert small < 8 << 20
    assert meter.stop("never begun") is None


def test_a_stop_may_come_before_its_run():
    stops = Stops()
    stops.cancel("unknown")
    assert not stops.of("one").is_set()
    stops.cancel("one")
    assert stops.of("one").is_set()
    stops.forget("one")
    assert not stops.of("one").is_set()
    own = threading.Event()
    assert stops.of("two", own) is own
    stops.end()
    assert own.is_set() and stops.of("three").is_set()


def test_an_answer_is_told_whenever_it_is_asked():
    told = []
    early, late = Answer(), Answer()
    early.then(told.append)
    early.settle(1)
    late.fail(LoomError("No."))
    late.then(told.append, lambda error: told.append(str(error)))
    assert told == [1, "No."]


def test_warnings_are_told_to_people_and_mistakes_are_not():
    told: queue.SimpleQueue[list[dict]] = queue.SimpleQueue()
    outbox = Outbox(told.put, lambda event: None)
    log = logging.Logger("latent_loom")
    log.addHandler(Telling(outbox))
    log.error("a traceback")
    log.info("a detail")
    log.warning("This takes %s.", "a while")
    assert [event["text"] for event in told.get(timeout=10)] == ["This takes a while."]
    assert told.empty()
