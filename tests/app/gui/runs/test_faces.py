"""Which pictures are asked for, without any worker."""

from __future__ import annotations

from PySide6.QtGui import QImage

from app.gui.document import Document
from app.gui.runs.faces import Faces
from app.gui.worker.answers import Answer
from app.session import open_registry
from engine.graph.subgraph import collapse

STEPS = [
    {"node": "both/denoise", "key": "one", "state": "cached"},
    {"node": "both/decode", "key": "two", "state": "cached"},
]


def test_an_instance_shows_what_the_node_inside_made_and_asks_once(qtbot):
    document = Document(open_registry())

    def build(graph) -> None:
        graph.add("diffusion.denoise", "denoise")
        graph.add("vae.decode", "decode")
        graph.add("image.save", "save")
        graph.connect("denoise.latents", "decode.latents")
        graph.connect("decode.image", "save.image")
        collapse(graph, ["denoise", "decode"], "inner", "both")

    document.change(build)
    asked: list[dict[str, str]] = []
    shown: list[str] = []

    def ask(ports) -> Answer:
        asked.append(dict(ports))
        answer = Answer()
        image = QImage(1, 1, QImage.Format.Format_RGB32)
        answer.settle({"nodes": list(ports), "pictures": [image] * len(ports)})
        return answer

    faces = Faces(document, ask, lambda name, _: shown.append(name), document)
    faces.planned(STEPS)
    qtbot.waitUntil(lambda: bool(shown))
    assert asked == [
        {
            "both/denoise": "both/denoise.latents",
            "both": "both.image",
            "both/decode": "both/decode.image",
        }
    ]
    faces.planned(STEPS)
    assert not faces._wanted
    faces.planned([STEPS[0], {**STEPS[1], "key": "another"}])
    assert set(faces._wanted) == {"both", "both/decode"}
