"""Finds node types by a few letters: of the label, the id, the types of ports, or the summary."""

from __future__ import annotations

from collections.abc import Iterable

from engine.graph.spec import NodeSpec


def rank(text: str, specs: Iterable[NodeSpec]) -> list[NodeSpec]:
    """The node types that every word of `text` fits, the best first; all of them for no text."""
    words = text.lower().replace(".", " ").replace("_", " ").split()
    scored = [(score(words, spec), spec) for spec in specs]
    found = [(points, spec) for points, spec in scored if points > 0 or not words]
    found.sort(key=lambda pair: (-pair[0], len(pair[1].label), pair[1].label))
    return [spec for _, spec in found]


def score(words: list[str], spec: NodeSpec) -> float:
    """How well a node type fits all of the words; 0 when one of them fits nowhere."""
    points = [_points(word, spec) for word in words]
    whole = max(_fit(" ".join(words), name) for name in (spec.label.lower(), _id(spec)))
    return sum(points) + whole if points and all(points) else 0


def _points(word: str, spec: NodeSpec) -> float:
    ports = " ".join(
        port.type.kind.name if port.type.kind else ""
        for port in (*spec.inputs.values(), *spec.outputs.values())
    )
    return max(
        _fit(word, spec.label.lower()),
        _fit(word, _id(spec)) * 0.9,
        _whole(word, ports.lower()) * 0.5,
        _whole(word, spec.summary.lower()) * 0.4,
    )


def _id(spec: NodeSpec) -> str:
    return spec.id.replace(".", " ").replace("_", " ").lower()


def _fit(word: str, text: str) -> float:
    """100 for the whole text down to 10 for letters in their order with gaps."""
    if word == text:
        return 100
    if text.startswith(word):
        return 90
    if f" {word}" in text:
        return 80
    initials = "".join(part[0] for part in text.split())
    if len(word) > 1 and initials.startswith(word):
        return 60
    if word in text:
        return 50
    return _scattered(word, text)


def _scattered(word: str, text: str) -> float:
    """Letters in their order, within a stretch not much longer than the word itself."""
    if len(word) < 3:
        return 0
    best = 0.0
    for start, letter in enumerate(text):
        if letter != word[0]:
            continue
        place = start
        for wanted in word[1:]:
            place = text.find(wanted, place + 1)
            if place < 0:
                break
        else:
            stretch = place - start + 1
            if stretch <= 2 * len(word):
                best = max(best, 30 * len(word) / stretch)
    return best


def _whole(word: str, text: str) -> float:
    """Words of a longer text count from their beginning only."""
    if text.startswith(word) or f" {word}" in text:
        return 80
    return 0
