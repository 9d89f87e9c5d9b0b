"""Ten thousand damaged workflow files: never a traceback, and never a write.

Half are damaged as text (bytes lost, doubled, changed, cut), half as data (values of other types,
names exchanged, parts taken out or put elsewhere). What still opens is checked, planned, compared
and written to a text again. The seed is fixed, so a failure comes again.
"""

import json
import os
import random
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.graph import workflow
from engine.graph.check import check
from engine.graph.context import Settings
from engine.graph.diff import diff
from engine.graph.errors import LoomError
from engine.graph.executor import Executor
from engine.graph.needs import needs
from engine.graph.registry import Registry
from engine.graph.resolve import draw_seeds

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.json"))
COUNT = 10_000

NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 64, 65, 0.5, 1e300, -1e-300, 2**63, 10**30,
    "", " ", ".", "a.b", "a.b.c", "..", "../x", "/etc/passwd", "C:\\x", "\0", "\ud800", "ü" * 70,
    "denoise", "denoise.latents", "inputs", "inputs.unet", "outputs", "repeat", "subgraph:paint",
    "subgraph:", "subgraph:nothing", "next.x", "each", "times", "gather.image", "muted", "a" * 500,
    [], {}, [[]], [None], {"": None}, {"name": "x"}, {"name": "../x"}, {"values": []},
    {"from": 0, "to": 1e9}, {"from": 0, "to": 5, "step": 0}, {"file": "x"}, {"file": "/dev/zero"},
)  # fmt: skip


def damaged_text(text: bytes, chance: random.Random) -> bytes:
    data = bytearray(text)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((1, 1, 2, 8, 60)))
        piece = data[at:end]
        match chance.randrange(5):
            case 0:
                del data[at:end]
            case 1:
                data[at:at] = piece
            case 2:
                data[at:end] = bytes(chance.randrange(256) for _ in piece)
            case 3:
                data[at:at] = chance.choice((b"{", b"[", b'"', b",", b"1e999", b"NaN", b"\\ud800"))
            case _:
                del data[at:]
    return bytes(data)


def damaged_data(data: Any, chance: random.Random) -> Any:
    data = copy(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        spots = list(_spots(data))
        if not spots:
            return copy(chance.choice(NASTY))
        holder, key = chance.choice(spots)
        other_holder, other_key = chance.choice(spots)
        match chance.randrange(6):
            case 0:
                del holder[key]
            case 1 | 2:
                holder[key] = copy(chance.choice(NASTY))
            case 3:
                holder[key] = copy(other_holder[other_key])
            case 4 if isinstance(holder, dict):
                name = chance.choice((other_key, chance.choice(NASTY), f"{key}2"))
                holder[str(name)] = holder.pop(key)
            case _:
                holder[key] = [copy(holder[key]) for _ in range(chance.choice((1, 2, 5)))]
    return data


def copy(data: Any) -> Any:
    return json.loads(json.dumps(data))


def _spots(data: Any) -> Generator[tuple[Any, Any]]:
    """Every place in JSON data: what holds it, and its name or number there."""
    stack = [data]
    while stack:
        holder = stack.pop()
        keys = holder if isinstance(holder, dict) else range(len(holder))
        for key in list(keys):
            yield holder, key
            if isinstance(holder[key], dict | list):
                stack.append(holder[key])


def texts() -> Generator[bytes]:
    chance = random.Random(20)
    sources = [path.read_bytes() for path in CORPUS]
    parsed = [json.loads(source.decode("utf-8-sig")) for source in sources]
    for turn in range(COUNT):
        if turn % 2:
            yield damaged_text(chance.choice(sources), chance)
        else:
            yield json.dumps(damaged_data(chance.choice(parsed), chance)).encode()


_writes: list[str] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Note what would change a disk; a hook can't be taken away again, so it has a switch."""
    if _writes is None:
        return
    if event == "open":
        path, mode, flags = arguments
        # What is opened as a folder is a file without a name, which is gone when it is closed: so
        # it is found out whether the folder can be written to.
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and not os.path.isdir(path):
            _writes.append(f"open {path} {mode} {flags:o}")
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.truncate"):
        _writes.append(f"{event} {arguments}")
    elif event.startswith(("subprocess.", "socket.connect", "os.system", "os.exec")):
        _writes.append(event)


sys.addaudithook(_hook)


@contextmanager
def noted() -> Generator[list[str]]:
    """What would change a disk, or reach out of the process, for the length of a `with` block."""
    global _writes
    _writes = found = []
    try:
        yield found
    finally:
        _writes = None


def test_writes_are_noticed(tmp_path: Path):
    (tmp_path / "there").touch()
    with noted() as writes:
        (tmp_path / "there").read_bytes()
        assert writes == []
        (tmp_path / "file").touch()
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").rename(tmp_path / "other")
        (tmp_path / "other").unlink()
    assert [line.partition(" ")[0] for line in writes] == [
        *("open", "os.mkdir", "os.rename", "os.remove")
    ]


@pytest.mark.slow
def test_no_damage_ends_in_a_traceback_or_a_write(tmp_path: Path):
    registry = Registry()
    registry.load_pack("nodes")
    for name in ("models/starter", "here"):
        (tmp_path / name).mkdir(parents=True)
    settings = Settings(tmp_path / "out", (tmp_path / "models",), (tmp_path / "here",))
    whole = workflow.read(CORPUS[0], registry)
    check(whole, registry, settings)  # imports come first
    executor = Executor(registry, settings)
    opened = refused = planned = 0
    with noted() as writes:
        for text in texts():
            try:
                graph = workflow.loads(text, registry)
            except LoomError as error:
                refused += 1
                assert str(error).strip()
                continue
            opened += 1
            ok = check(graph, registry, settings).ok
            try:
                executor.plan(graph)
                planned += 1
            except LoomError as error:
                assert not ok, error
            needs(graph, registry, settings)
            draw_seeds(graph, registry)
            diff(whole, graph, view=True).text()
            assert workflow.loads(workflow.dumps(graph), registry) == graph
            assert not writes, text
    assert opened + refused == COUNT
    assert min(opened, refused, 10 * planned) > COUNT // 10, "The damage is too great or too small."
    assert not (tmp_path / "out").exists()
