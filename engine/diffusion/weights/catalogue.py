"""What a model is, in the words of a list: told from configs and headers, in milliseconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from engine.diffusion.weights.detect import parts_in, something_else
from engine.diffusion.weights.facets import facts_of
from engine.diffusion.weights.files import header_of
from engine.diffusion.weights.find import component, components, name_of
from engine.diffusion.weights.folder import INDEX, Component, read_json, variants
from engine.diffusion.weights.headers import Header
from engine.diffusion.weights.single import FileComponent
from engine.diffusion.weights.vocabulary import ENCODERS, vocabulary
from engine.graph.errors import LoomError

# Parts that a text-to-image model needs, by the names that they have in a pipeline.
NEEDED = ("unet", "vae")
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Description:
    """One model of a list.

    `what` is the published class of the pipeline or component, or what else it is; `dtype` that of
    most of its numbers as files name it ("F16"), `size` the bytes of its weights. `needs` are the
    parts that it does not bring and a picture takes. `problem` is why it can't be read.
    """

    what: str
    family: str = ""
    prediction: str = ""
    dtype: str = ""
    size: int = 0
    needs: tuple[str, ...] = ()
    problem: str = ""

    def as_data(self) -> dict[str, Any]:
        """The description as JSON data."""
        return {**asdict(self), "needs": list(self.needs)}


def describe(path: Path) -> Description:
    """What lies at `path`; what can't be read is described as such, never raised."""
    try:
        if path.is_file():
            return _file(path)
        if (path / INDEX).is_file():
            return _pipeline(path)
        return _described(path, {"": component(path, "", _variant(path))})
    except LoomError as error:
        return Description(UNREADABLE, problem=error.reason)


def _file(path: Path) -> Description:
    header = header_of(path)
    if not parts_in(header.tensors.keys()):
        what = something_else(header.tensors).partition(" ")[2]
        needs = ("the model it was trained on",) if what == "LoRA" else ()
        return Description(what or "unknown", dtype=_dtype([header]), size=header.size, needs=needs)
    found = components(path)
    said = _described(path, found)
    if "unet" not in found:
        return said
    unet = found["unet"]
    assert isinstance(unet, FileComponent)
    missing = [name for name in _wanted(found) if name not in found]
    for name, encoder in ENCODERS.items():
        if encoder in found and not _has_vocabulary(path, name):
            missing.append(name)
    return Description(
        unet.kind.pipeline(unet.config()["in_channels"]) if len(found) > 2 else unet.class_name,
        said.family,
        str(found["scheduler"].config()["prediction_type"]),
        said.dtype,
        header.size,
        tuple(missing),
    )


def _wanted(found: Mapping[str, Component]) -> tuple[str, ...]:
    texts = ("text_encoder",) if "text_encoder_2" not in found else ()
    return (*NEEDED, *texts)


def _has_vocabulary(path: Path, name: str) -> bool:
    try:
        return bool(vocabulary(path, name))
    except LoomError:
        return False


def _pipeline(path: Path) -> Description:
    index = read_json(path / INDEX)
    found = {
        name: replace(part, variant=_variant(part.path)) for name, part in components(path).items()
    }
    named = [n for n, entry in index.items() if isinstance(entry, list) and entry and entry[0]]
    missing = tuple(n for n in named if n not in found and not (path / n).is_dir())
    said = _described(path, found)
    scheduler = found.get("scheduler")
    prediction = str(scheduler.config().get("prediction_type", "epsilon")) if scheduler else ""
    what = str(index.get("_class_name", "a pipeline"))
    return Description(what, said.family, prediction, said.dtype, said.size, missing)


def _described(path: Path, found: Mapping[str, Component]) -> Description:
    facts = facts_of(name_of(path), found)
    headers: list[Header] = []
    size = 0
    for part in found.values():
        if part.config_file == "config.json":
            part.check()
            size += part.size()
            headers += [header_of(file) for file in part.weights()]
    families = [fact.family or fact.space for fact in facts.values()]
    family = next((name for name in families if name), "")
    whole = next(iter(found.values())).class_name
    return Description(whole, family, dtype=_dtype(headers), size=size)


def _variant(folder: Path) -> str:
    """The weights to describe: the plain ones where there are any."""
    found = variants(folder)
    return "" if "" in found or not found else min(found)


def _dtype(headers: list[Header]) -> str:
    """The type of most of the numbers."""
    count: Counter[str] = Counter()
    for header in headers:
        for tensor in header.tensors.values():
            count[tensor.dtype] += tensor.end - tensor.start
    return count.most_common(1)[0][0] if count else ""
