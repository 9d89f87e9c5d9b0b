"""Parameters of a node: the metadata that makes a widget of them, and the check of a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from engine.graph.context import Settings, relative
from engine.graph.errors import LoomError, ParamError
from engine.graph.types import Facet

MAX_SEED = 2**63 - 1
LARGEST = 1e300  # beyond every use, within reach of a float


@dataclass(frozen=True)
class Range:
    """A number from `low` to `high`, both included; an integer moves in `step`s from `low`."""

    low: float
    high: float
    step: float | None = None


@dataclass(frozen=True, init=False)
class Choices:
    """One of these values; `Literal[…]` says the same."""

    values: tuple[str | int, ...]

    def __init__(self, *values: str | int) -> None:
        object.__setattr__(self, "values", values)


@dataclass(frozen=True)
class Multiline:
    """A text of several lines."""


@dataclass(frozen=True)
class Seed:
    """A random seed, 0 … 2⁶³−1; null in a file means a new one is drawn for each run."""


@dataclass(frozen=True)
class FilePath:
    """A file to read, keyed by its content: absolute, or relative to an input folder.

    With `folder` it is a folder of such files, keyed by the content of all that is in it.
    """

    suffixes: tuple[str, ...] = ()
    folder: bool = False


@dataclass(frozen=True)
class ModelName:
    """A model in the model folders, by name and content hash, keyed by its content.

    In files it is `"starter"` or `{"name": "starter", "hash": "b2:…"}`. `part` names the subfolder
    that the node reads (`unet`), so that a change elsewhere in the folder does not re-run it.
    """

    part: str = ""


@dataclass(frozen=True)
class OutputFolder:
    """A subfolder of the output folder, "" for the output folder itself."""


@dataclass(frozen=True)
class Drawing:
    """Shapes drawn on a picture, as JSON text; `engine.diffusion.images.drawing` says which."""


@dataclass(frozen=True)
class Cells:
    """The labels of a sweep's cells, filled in when a graph is written out; people leave it empty.

    A node with such a text is one for all cells, and its list ports read what each cell has there.
    It is a JSON list with, for each cell, the list of its labels, one for each axis:
    `[["denoise.guidance=3", "seed.value=0"], …]`.
    """


@dataclass(frozen=True)
class Label:
    """The name people see instead of the one derived from the parameter."""

    text: str


@dataclass(frozen=True)
class HandleOnly:
    """A model port whose node reads what the handle says, and never the weights behind it."""


@dataclass(frozen=True)
class ForPreviews:
    """A port that only draws how a result comes about: no part of the result, so of no key."""


@dataclass(frozen=True, init=False)
class Facets:
    """What a node says of a port's facets: `space="sdxl"` fixes one, `space=None` frees it."""

    terms: Mapping[str, Facet | None]

    def __init__(self, **terms: Facet | None) -> None:
        object.__setattr__(self, "terms", terms)


Widget = Range | Choices | Multiline | Seed | FilePath | ModelName | OutputFolder | Drawing | Cells


class Required:
    """The default of a parameter that has none."""


REQUIRED = Required()


@dataclass(frozen=True)
class Param:
    """One parameter: a plain value with a widget, which a link may replace."""

    name: str
    base: type
    default: Any = REQUIRED
    widget: Widget | None = None
    label: str = ""
    nullable: bool = False

    @property
    def required(self) -> bool:
        """Whether a workflow must give a value."""
        return isinstance(self.default, Required)

    def describe(self) -> str:
        """What it takes, in words: `a whole number from 1 to 1000`."""
        match self.widget:
            case Range(low, high, step):
                steps = f" in steps of {step:g}" if step and self.base is int else ""
                return f"{_NOUNS[self.base]} from {low:g} to {high:g}{steps}"
            case Choices(values):
                return f"one of {', '.join(str(value) for value in values)}"
            case Seed():
                return f"a seed from 0 to {MAX_SEED}"
            case FilePath(folder=True):
                return "the name of a folder"
            case FilePath(suffixes):
                return f"a file name{' ending in ' + ' or '.join(suffixes) if suffixes else ''}"
            case ModelName():
                return "the name of a model"
            case OutputFolder():
                return "the name of a subfolder of the output folder"
            case Cells():
                return "what a sweep fills in: the labels of its cells"
            case Drawing():
                return "a drawing as JSON text"
            case _:
                return _NOUNS[self.base]

    def validate(self, value: Any) -> Any:
        """`value` in its canonical form; ParamError says what is wrong with it and what fits.

        The canonical form is what goes into keys: 3 becomes 3.0 where a float is asked, "starter"
        becomes {"name": "starter"} where a model is.
        """
        if value is None and (self.nullable or isinstance(self.widget, Seed)):
            return None
        value = self._typed(value)
        match self.widget:
            case Range(low, high, step):
                off_step = step and self.base is int and (value - low) % step
                if not low <= value <= high or off_step:
                    raise self._refuse(value)
            case Choices(values):
                if value not in values:
                    raise self._refuse(value)
            case Seed():
                if not 0 <= value <= MAX_SEED:
                    raise self._refuse(value)
            case FilePath(suffixes, folder=False):
                if suffixes and not value.lower().endswith(suffixes):
                    raise self._refuse(value)
            case ModelName():
                relative(value["name"])
            case OutputFolder():
                relative(value)
            case _:
                pass
        return value

    def parse(self, text: str) -> Any:
        """A value typed on the command line: `20`, `true`, `a red fish`, `random` for a seed."""
        if self.nullable and text in ("none", "null"):
            return None
        if isinstance(self.widget, Seed) and text == "random":
            return None
        value: Any = text
        try:
            if self.base is bool:
                value = _BOOLS[text.lower()]
            elif self.base in (int, float):
                value = self.base(text)
        except (ValueError, KeyError):
            raise self._refuse(text) from None
        return self.validate(value)

    def resolve(self, value: Any, settings: Settings) -> Any:
        """The value the node's function gets: names of models, files and folders become paths.

        Raises LoomError when a model or file is not there.
        """
        if value is None:
            return None
        try:
            match self.widget:
                case ModelName(part):
                    found: Any = settings.find_model(value["name"], value.get("hash", ""), part)
                case FilePath(folder=folder):
                    found = settings.find_input(value, folder) if value is not None else None
                case OutputFolder():
                    found = settings.output(value)
                case _:
                    return value
        except LoomError as error:
            raise error.at("", self.name) from None
        return self.base(found) if found is not None else None

    def _typed(self, value: Any) -> Any:
        """`value` checked against the Python type, before its range is."""
        if isinstance(self.widget, ModelName):
            return self._model(value)
        if self.base in (int, float):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self._refuse(value)
            if not abs(value) <= LARGEST:  # NaN compares false
                raise self._refuse(value)
            if self.base is float or value == int(value):
                return self.base(value)
        elif isinstance(value, bool if self.base is bool else str):
            return value
        raise self._refuse(value)

    def _model(self, value: Any) -> dict[str, str]:
        if isinstance(value, str):
            value = {"name": value}
        if isinstance(value, dict):
            named = cast(dict[str, Any], value)
            texts = all(isinstance(item, str) for item in named.values())
            if texts and named.get("name") and named.keys() <= {"name", "hash"}:
                return {key: named[key] for key in sorted(named)}
        raise self._refuse(cast(Any, value))

    def _refuse(self, value: Any) -> ParamError:
        shown = repr(value)
        if len(shown) > 60:
            shown = shown[:57] + "…"
        return ParamError(
            f"{shown} does not fit.", field=self.name, remedy=f"It takes {self.describe()}."
        )


_NOUNS: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    Path: "a name",
}
_BOOLS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
