from engine.graph.events import (
    Preview,
    Produced,
    Progress,
)


def test_events_as_data():
    assert Progress("a", 1, 2).as_data() == {
        "event": "progress", "node": "a", "step": 1, "total": 2, "text": ""
    }  # fmt: skip
    assert Preview("a", object()).as_data() == {"event": "preview", "node": "a"}
    assert Produced("a", 0.5, {"x": "d"}, ("f",)).as_data()["files"] == ("f",)
