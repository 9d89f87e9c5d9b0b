"""A worker process for tests, with a pack of nodes that need no models."""

from __future__ import annotations

import gc
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

STUBS = '''
"""Nodes for tests."""
import os
import signal
import time
from pathlib import Path
from engine.diffusion.values import Image, Latents, Mask, Noise
from engine.graph.context import Context
from engine.graph.spec import node


@node("stub.number", runs_on="cpu")
def number(value: int = 1) -> int:
    return value


@node("stub.add", runs_on="cpu")
def add(a: int, b: int = 1) -> int:
    return a + b


@node("stub.slow")
def slow(context: Context, value: int = 0, steps: int = 5, seconds: float = 0.02) -> int:
    for step in range(steps):
        context.progress(step + 1, steps)
        time.sleep(seconds)
    return value


@node("stub.fail")
def fail(value: int = 0, text: str = "It broke.") -> int:
    raise ValueError(text)


@node("stub.hang")
def hang() -> int:
    while True:
        time.sleep(1)


@node("stub.die")
def die(context: Context, value: int = 0, mark: str = "") -> int:
    """Kills the process; once only where it has a file to remember that by."""
    context.progress(1, 2)
    if mark and Path(mark).exists():
        return value
    if mark:
        Path(mark).touch()
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGKILL)


@node("stub.ignore", runs_on="cpu")
def ignore(noise: Noise) -> int:
    return 1


@node("stub.picture")
def picture(context: Context, value: float = 0.5, width: int = 12, height: int = 8) -> Image:
    import torch

    pixels = torch.full((2, 3, height, width), value)
    pixels[:, 0] = 1.0
    context.preview(Image(pixels[:1]))
    return Image(pixels)


@node("stub.ramp")
def ramp(width: int, height: int) -> Image:
    """At x, y the colour (x, y, x + y), each modulo 256."""
    import torch

    x, y = torch.arange(width)[None].expand(height, -1), torch.arange(height)[:, None]
    y = y.expand(-1, width)
    return Image((torch.stack([x, y, x + y])[None] % 256) / 255)


@node("stub.latents")
def latents(value: float = 1.0) -> Latents:
    import torch

    samples = torch.full((1, 4, 4, 6), value)
    samples[:, 0] = -value
    return Latents(samples, "sd15", 8)


@node("stub.mask")
def mask(value: float = 0.25) -> Mask:
    import torch

    return Mask(torch.full((1, 1, 4, 6), value))


@node("stub.memory")
def memory(megabytes: int = 64) -> int:
    data = bytearray(megabytes << 20)
    data[:: 4096] = b"x" * len(data[:: 4096])
    return len(data)


@node("stub.shout")
def shout(value: int = 0) -> int:
    import sys

    print("a node that prints")
    sys.stdout.flush()
    return value
'''


@pytest.fixture(autouse=True)
def _garbage_of_the_interface() -> Iterator[None]:
    """Collect garbage in this thread alone, as the editor does: see `app.gui.garbage`."""
    gc.disable()
    yield
    gc.collect()
    gc.freeze()  # what is left, of all libraries too, is not looked at again after every test


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Between the editor's tests threads of the last one may still end, so only after them all."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        gc.enable()


@pytest.fixture(scope="session")
def stub_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty place with the stub pack: kept results, the queue and pictures go there."""
    place = tmp_path_factory.mktemp("stubs")
    (place / "packs").mkdir()
    (place / "packs" / "stubs.py").write_text(textwrap.dedent(STUBS))
    (place / "outputs").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOOM_NODES", str(place / "packs"))
        patch.setenv("LOOM_CACHE", str(place / "cache"))
        patch.setenv("LOOM_QUEUE", str(place / "queue.db"))
        patch.chdir(place)
        yield place


@pytest.fixture(scope="session")
def stub_registry(stub_place: Path):
    """All nodes, those of the stub pack among them."""
    from app.session import open_registry

    return open_registry()


@pytest.fixture(scope="session")
def stub_worker(stub_place: Path, qapp) -> Iterator[object]:
    """A worker that is shared, because it takes seconds to start."""
    from app.gui.worker.client import Worker

    worker = Worker()
    worker.start()
    yield worker
    worker.close(10)
