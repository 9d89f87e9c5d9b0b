"""The files of all languages: what is to be translated is read from the sources, Qt's tools do
the rest.

`lupdate` merges the strings into `resources/translations/loom_*.ts`, where people translate them;
`lrelease` makes the `.qm` files that the editor reads.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.gui import catalogue, language
from app.gui.catalogue import labels
from app.gui.language import FOLDER, NAMES
from engine.graph.graph import Graph
from engine.graph.interface import local_registry
from engine.graph.registry import Registry

Key = tuple[str, str]  # context and English text

OTHERS = tuple(code for code in NAMES if code != "en")
SOURCES = Path(__file__).resolve().parent


def strings(folder: Path = SOURCES) -> dict[str, str]:
    """Every literal that is given to `tr`, and the first place that does so.

    Raises ValueError for a `tr` whose text is no literal, which nobody could translate.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        for call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path.relative_to(folder.parent).as_posix()}:{call.lineno}"
            text = call.args[0] if len(call.args) == 1 else None
            if not isinstance(text, ast.Constant) or not isinstance(text.value, str):
                raise ValueError(f"{place}: tr() takes one literal.")
            found.setdefault(text.value, place)
    return found


def texts() -> dict[Key, str]:
    """All that is to be translated, by context and text, and where it comes from.

    Besides what the editor says, these are the labels of the nodes that come with the project.
    """
    registry = Registry()
    registry.load_pack("nodes")
    named = labels(local_registry(Graph(), registry))
    own = {(language.CONTEXT, text): place for text, place in strings().items()}
    return own | {(catalogue.CONTEXT, text): place for text, place in named.items()}


def translated(code: str) -> dict[Key, str]:
    """What a language's file has for each text; "" for what it lacks."""
    path = ts_file(code)
    if not path.exists():
        return {}
    return {key: _words(message) for key, message in _messages(xml.parse(path).getroot())}


def missing(code: str) -> list[Key]:
    """The texts that a language has no words for."""
    known = translated(code)
    return [key for key in texts() if not known.get(key)]


def update() -> None:
    """Bring the `.ts` files of all languages up to date with the sources."""
    lines = [
        f"QCoreApplication.translate({_quoted(context)}, {_quoted(text)})\n"
        for context, text in texts()
    ]
    with tempfile.TemporaryDirectory() as folder:
        # lupdate takes the name of a class for the context; ours are the same everywhere.
        listed = Path(folder) / "strings.py"
        listed.write_text("".join(lines), encoding="utf-8")
        for code in OTHERS:
            options = ["-locations", "none", "-no-obsolete", "-source-language", "en"]
            target = ["-target-language", {"zh": "zh_CN"}.get(code, code)]
            _qt("lupdate", str(listed), *options, *target, "-ts", str(ts_file(code)))


def put(code: str, words: Mapping[Key, str]) -> None:
    """Write translations into a language's file; texts that it does not have are left out."""
    path = ts_file(code)
    root = xml.parse(path).getroot()
    for key, message in _messages(root):
        if given := words.get(key):
            element = message.find("translation")
            assert element is not None
            element.text = given
            element.attrib.pop("type", None)
    head = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'
    path.write_text(f"{head}{xml.tostring(root, encoding='unicode')}\n", encoding="utf-8")


def compile_all() -> None:
    """Make the `.qm` files."""
    for code in OTHERS:
        _qt("lrelease", "-silent", str(ts_file(code)), "-qm", str(qm_file(code)))


def ts_file(code: str) -> Path:
    """The file that people translate in."""
    return FOLDER / f"loom_{code}.ts"


def qm_file(code: str) -> Path:
    """The file that the editor reads."""
    return FOLDER / f"loom_{code}.qm"


def main() -> int:
    """Update and compile; list what lacks a translation. 1 when something does."""
    update()
    compile_all()
    places = texts()
    lacking = {code: missing(code) for code in OTHERS}
    for code, keys in lacking.items():
        print(f"{NAMES[code]}: {len(places) - len(keys)} of {len(places)} texts")
        for key in keys:
            print(f"  {places[key]}: {key[1]!r}")
    return int(any(lacking.values()))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
            yield node


def _messages(root: xml.Element) -> Iterator[tuple[Key, xml.Element]]:
    """Every message of a file by its context and text."""
    for context in root.iter("context"):
        name = context.findtext("name", "")
        for message in context.iter("message"):
            yield (name, message.findtext("source", "")), message


def _words(message: xml.Element) -> str:
    element = message.find("translation")
    if element is None or element.get("type") == "unfinished":
        return ""
    return element.text or ""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _qt(tool: str, *arguments: str) -> None:
    """Run one of Qt's tools as PySide6 ships them."""
    command = [sys.executable, "-c", f"from PySide6.scripts.pyside_tool import {tool}; {tool}()"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{tool} failed: {done.stderr or done.stdout}")
