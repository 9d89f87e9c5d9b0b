import threading

from engine.graph.events import (
    Cached,
    EventStream,
    Failed,
    Interrupted,
    Preview,
    Produced,
    Progress,
    Started,
)


def test_events_come_in_order():
    stream = EventStream()
    sent = [Started("a"), Produced("a", 1.0), Started("b"), Failed("b", "no"), Cached("c")]
    for event in sent:
        stream.emit(event)
    assert stream.drain() == sent
    assert stream.drain() == []


def test_only_the_newest_progress_and_preview_of_a_node_wait():
    stream = EventStream()
    stream.emit(Started("a"))
    for step in range(10_000):
        stream.emit(Progress("a", step, 10_000))
        stream.emit(Preview("a", step))
        stream.emit(Progress("b", step, 10_000))
    assert len(stream) == 4
    assert stream.drain() == [
        Started("a"),
        Progress("a", 9999, 10_000),
        Preview("a", 9999),
        Progress("b", 9999, 10_000),
    ]


def test_progress_never_comes_before_its_start():
    stream = EventStream()
    stream.emit(Progress("a", 1, 2))
    stream.emit(Interrupted("a"))
    stream.emit(Started("a"))
    stream.emit(Progress("a", 1, 2))
    assert [event.name for event in stream.drain()] == ["cancelled", "started", "progress"]


def test_a_reader_waits_for_another_thread():
    stream = EventStream()
    thread = threading.Timer(0.05, stream.emit, [Started("a")])
    thread.start()
    assert stream.wait(10) == [Started("a")]
    thread.join()
    assert stream.wait(0.01) == []


def test_events_as_data():
    assert Progress("a", 1, 2).as_data() == {
        "event": "progress", "node": "a", "step": 1, "total": 2, "text": ""
    }  # fmt: skip
    assert Preview("a", object()).as_data() == {"event": "preview", "node": "a"}
    assert Produced("a", 0.5, {"x": "d"}, ("f",)).as_data()["files"] == ("f",)
