"""Stub kinds and nodes that the tests of the graph engine wire up; they count their calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from engine.graph import events
from engine.graph.context import Context
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.graph.spec import (
    Choices,
    Facets,
    FilePath,
    Migration,
    ModelName,
    Multiline,
    OutputFolder,
    Range,
    Seed,
    node,
)
from engine.graph.types import kind

calls: Counter[str] = Counter()


@kind("StubLatents", facets=("space", "channels"))
@dataclass(frozen=True)
class Latents:
    values: tuple[float, ...]


@kind("StubModel", facets=("space", "width"))
@dataclass(frozen=True)
class Model:
    name: str
    hash: str


@kind("StubText", facets=("space", "width"))
@dataclass(frozen=True)
class Text:
    words: str


@kind("StubOpaque")
class Opaque:
    """A kind that nothing can digest or write."""


T = TypeVar("T")


@node("math.number")
def number(value: Annotated[int, Range(-(10**9), 10**9)] = 0) -> int:
    """A number."""
    calls["number"] += 1
    return value


@node("math.add")
def add(a: int, b: int = 0) -> int:
    """a + b."""
    calls["add"] += 1
    return a + b


@node("math.sum", output="total")
def total(ctx: Context, items: list[Latents] | None = None, extra: int = 0) -> int:
    """The sum of everything in a list port."""
    calls["sum"] += 1
    ctx.progress(1, 1)
    return extra + int(sum(sum(item.values) for item in items or []))


@node("math.clamp")
def clamp(a: int, low: int = 0, high: int = 10) -> int:
    """`a` within low … high: many inputs give one result."""
    calls["clamp"] += 1
    return max(low, min(high, a))


@node("math.halve")
def halve(value: float = 1.0) -> float:
    """Half of a number."""
    calls["halve"] += 1
    return value / 2


class Parts(NamedTuple):
    whole: int
    rest: int


@node(
    "math.divide",
    version=3,
    migrations={
        1: Migration(params={"divisor": "by"}),
        2: Migration(
            params={},
            outputs={"quotient": "whole"},
            edit=lambda params: {**params, "by": params["by"] * 2},
        ),
    },
)
def divide(a: int, by: Annotated[int, Range(1, 100)] = 2) -> Parts:
    """Quotient and rest."""
    calls["divide"] += 1
    return Parts(a // by, a % by)


@node("math.fail")
def fail(a: int = 0) -> int:
    """Fails for odd numbers."""
    calls["fail"] += 1
    if a % 2:
        raise ValueError(f"{a} is odd")
    return a


@node("noise.seed", nature="seeded")
def noise(seed: Annotated[int, Seed()] = 0, count: Annotated[int, Range(1, 8)] = 1) -> Latents:
    """Noise of a seed."""
    calls["noise"] += 1
    return Latents(tuple(float(seed + index) for index in range(count)))


def probe(params: Any) -> dict[str, dict[str, str | int]]:
    space = (params["model"] / "space.txt").read_text()
    width = 768 if space == "sd15" else 2048
    return {"model": {"space": space, "width": width}, "text_model": {"space": space}}


class Loaded(NamedTuple):
    model: Model
    text_model: Model


@node("load.model", nature="external", facets=probe)
def load(model: Annotated[Path, ModelName()], ctx: Context) -> Loaded:
    """A model by name."""
    calls["load"] += 1
    handle = Model(model.name, ctx.content_hash(model))
    return Loaded(handle, handle)


@node("load.file", nature="external")
def load_file(file: Annotated[Path, FilePath((".txt",))]) -> str:
    """The text of a file."""
    calls["load_file"] += 1
    return file.read_text()


@node("text.encode")
def encode(model: Model, text: Annotated[str, Multiline()] = "") -> Text:
    """Text in the space of a model."""
    calls["encode"] += 1
    return Text(f"{model.name}:{text}")


@node("latents.empty")
def empty(model: Model, width: Annotated[int, Range(8, 64, step=8)] = 16) -> Latents:
    """Zeros."""
    calls["empty"] += 1
    return Latents((0.0,) * width)


@node("diffusion.denoise")
def denoise(
    ctx: Context,
    model: Model,
    positive: Text,
    latents: Latents,
    negative: Text | None = None,
    steps: Annotated[int, Range(1, 1000)] = 4,
    guidance: Annotated[float, Range(0, 30)] = 7.5,
    mode: Literal["fast", "slow"] = "fast",
) -> Latents:
    """A loop that reports each step."""
    calls["denoise"] += 1
    for step in range(steps):
        ctx.preview(Latents((float(step),)))
        ctx.progress(step + 1, steps)
    return Latents(tuple(value + guidance for value in latents.values))


@node("latents.fixed")
def fixed(a: Annotated[Latents, Facets(space="sdxl")]) -> Annotated[Latents, Facets(space=None)]:
    """Takes SDXL alone, gives anything."""
    return a


@node("any.pick")
def pick(first: T, second: T, use: Annotated[str, Choices("first", "second")] = "first") -> T:
    """One of two values of any kind."""
    return first if use == "first" else second


@node("any.opaque")
def opaque(a: int = 0) -> Opaque:
    """A value that can't be digested."""
    calls["opaque"] += 1
    return Opaque()


@node("any.use")
def use(value: Opaque) -> int:
    """Reads an opaque value."""
    calls["use"] += 1
    return 1


@node("any.spoil")
def spoil(values: list[Latents]) -> int:
    """Changes its input, which a node must not do."""
    values.clear()
    return 0


@node("save.text", nature="effect")
def save(
    ctx: Context,
    value: int = 0,
    name: str = "out",
    folder: Annotated[Path, OutputFolder()] = Path(),
) -> None:
    """Writes a number to a file."""
    calls["save"] += 1
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.txt"
    path.write_text(str(value))
    ctx.wrote(path)


NODES = (
    number, add, total, clamp, halve, divide, fail, noise, load, load_file, encode, empty, denoise,
    fixed, pick, opaque, use, spoil, save,
)  # fmt: skip


def registry() -> Registry:
    return Registry(NODES)


def chain(length: int, value: int = 0) -> Graph:
    """number → add → add → …, called n0, n1, …"""
    graph = Graph()
    graph.add("math.number", "n0", params={"value": value})
    for place in range(1, length):
        graph.add("math.add", f"n{place}", params={"b": place}, inputs={"a": f"n{place - 1}.int"})
    graph.set_outputs([f"n{length - 1}"])
    return graph


def diffusion() -> Graph:
    """model → prompt, empty → denoise."""
    graph = Graph()
    graph.add("load.model", "model", params={"model": "tiny"})
    graph.add("text.encode", "prompt", params={"text": "a"}, inputs={"model": "model.text_model"})
    graph.add("latents.empty", "empty", inputs={"model": "model.model"})
    graph.add(
        "diffusion.denoise",
        "denoise",
        inputs={
            "model": "model.model",
            "positive": "prompt.stub_text",
            "latents": "empty.stub_latents",
        },
    )
    graph.set_outputs(["denoise"])
    return graph


def make_models(folder: Path) -> Path:
    """Two models to load: `tiny` of sd15 and `big` of sdxl."""
    for name, space in (("tiny", "sd15"), ("big", "sdxl")):
        (folder / name).mkdir(parents=True)
        (folder / name / "space.txt").write_text(space)
    return folder


def saving(name: str = "out") -> Graph:
    graph = chain(3, value=1)
    graph.add("save.text", "save", params={"name": name}, inputs={"value": "n2.int"})
    graph.set_outputs(["save"])
    return graph


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
