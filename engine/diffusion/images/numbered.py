"""File names that never take another's place: a stem, which may say what it shows, a number."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.graph.errors import LoomError
from engine.graph.files import write_atomically

DIGITS = 5
LONGEST = 60  # letters of one value in a name
_ILLEGAL = re.compile(r"[\\/:*?\"<>|\0-\x1f\x7f]")
_STEM = re.compile(r"[^\\/:*?\"<>|\0-\x1f.][^\\/:*?\"<>|\0-\x1f]*")
_FIELD = re.compile(r"\{([^{}]*)\}")
PATTERNS = "{seed}, {index}, {date}, or a parameter as {prompt.text}"


def write_numbered(folder: Path, stem: str, data: bytes, suffix: str = ".png") -> Path:
    """Write `stem_00001.png`, or the number after the highest there is; the path it got.

    A name is claimed before anything is written, so two programs never share one, and the file is
    there wholly or not at all. Raises LoomError when `stem` is no plain name or the folder can't be
    written to.
    """
    if not _STEM.fullmatch(stem):
        raise LoomError(
            f"{stem!r} can't begin a file name.",
            field="name",
            remedy="Use letters, digits, spaces, '_' and '-'.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = _claim(folder, stem, suffix)
        try:
            write_atomically(path, data)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise LoomError(
            f"Nothing can be saved in {folder}: {error.strerror or error}.",
            field="folder",
            remedy="Choose an output folder that exists and that you may write to.",
        ) from error
    return path


def filled(name: str, made: Mapping[str, Any], index: int = 0) -> str:
    """A name with its braces filled in from how a picture was made.

    `{seed}` is the workflow's seed (several are joined by '-'), `{index}` the picture's number in
    its batch from 0, `{date}` the day, and `{node.parameter}` what a node's parameter is set to.
    What a file name can't hold becomes '_'. Raises LoomError for any other brace.
    """

    def fill(match: re.Match[str]) -> str:
        value = _value(match[1], made, index)
        plain = _ILLEGAL.sub("_", " ".join(str(value).split()))
        return plain[:LONGEST].strip(" .")

    return _FIELD.sub(fill, name)


def _value(field: str, made: Mapping[str, Any], index: int) -> Any:
    match field:
        case "seed":
            seeds = dict.fromkeys(map(str, made.get("seeds", {}).values()))
            return "-".join(seeds) or "none"
        case "index":
            return index
        case "date":
            return datetime.date.today().isoformat()
        case _:
            node, _, param = field.partition(".")
            nodes = made.get("workflow", {}).get("nodes", {})
            params = nodes.get(node, {}).get("params", {})
            if param not in params:
                raise LoomError(
                    f"{{{field}}} can't be filled in: the workflow sets no such parameter.",
                    field="name",
                    remedy=f"A name may hold {PATTERNS}.",
                )
            return params[param]


def _claim(folder: Path, stem: str, suffix: str) -> Path:
    """A new empty file under the next free number."""
    pattern = re.compile(re.escape(stem) + r"_(\d+)" + re.escape(suffix), re.IGNORECASE)
    taken = (match for file in folder.iterdir() if (match := pattern.fullmatch(file.name)))
    number = 1 + max((int(match[1]) for match in taken), default=0)
    while True:
        path = folder / f"{stem}_{number:0{DIGITS}}{suffix}"
        try:
            path.open("xb").close()
        except FileExistsError:
            number += 1
        else:
            return path
