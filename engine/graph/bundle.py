"""Bundles: one `.loom` file with a workflow and the files it reads, to hand to somebody else.

A zip archive of `workflow.json` and `inputs/NAME`, and of nothing else: no models, no folders, no
links. What is not exactly that is refused before anything is written. Unpacking goes to a folder
named by the bundle's content, all at once, so that opening a bundle twice costs little.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.graph import workflow
from engine.graph.context import Settings
from engine.graph.errors import LoomError, WorkflowError
from engine.graph.expand import expand
from engine.graph.graph import Graph
from engine.graph.params import FilePath
from engine.graph.places import places, put
from engine.graph.registry import Registry

SUFFIX = ".loom"
SIGNATURE = b"PK\x03\x04"
WORKFLOW = "workflow.json"
INPUTS = "inputs"

MAX_FILES = 4096
MAX_BYTES = 4 << 30  # of all files together
MAX_WORKFLOW = 64 << 20
MAX_RATIO = 200  # no picture and no workflow that people make shrinks more
SMALL = 1 << 20  # below this the ratio says nothing
CHUNK = 1 << 20

# Names that every system takes as a plain file name: no separators, no drive, no trailing dot.
_NAME = re.compile(r"(?!\.)[^\\/:*?\"<>|\0-\x1f\x7f]{1,150}(?<![. ])")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(graph: Graph, registry: Registry, settings: Settings, path: Path) -> tuple[str, ...]:
    """Write a bundle of a graph and every input file it reads; the names they have inside.

    Files of muted and bypassed nodes come along where they are there. The same workflow and files
    always give the same bytes. Raises LoomError when a file is missing or the bundle can't be
    written; nothing is left behind then.
    """
    packed = graph.copy()
    files: dict[str, Path] = {}
    names: dict[Path, str] = {}
    for place in places(graph, registry):
        if not isinstance(place.widget, FilePath):
            continue
        try:
            source = _source(place.value, place.widget, settings)
        except LoomError as error:
            if place.idle:
                name = _free_name(Path(place.value).name, files)
                put(packed, place, f"{INPUTS}/{name}")
                continue
            error.remedy = "A bundle takes the files along that the workflow reads."
            raise error.at(place.address, place.param) from None
        if source not in names:
            names[source] = _free_name(source.name, files)
            files[names[source]] = source
        put(packed, place, f"{INPUTS}/{names[source]}")
    try:
        _write(path, workflow.dumps(packed), files)
    except OSError as error:
        raise WorkflowError(
            f"{path} can't be written: {error.strerror or error}.",
            remedy="Choose a folder that exists and that you may write to.",
        ) from error
    return tuple(files)


def _source(name: str, widget: FilePath, settings: Settings) -> Path:
    if widget.folder:
        raise WorkflowError(f"{name!r} is a folder, and a bundle holds single files.")
    return settings.find_input(name).resolve()


def is_bundle(path: Path) -> bool:
    """Whether a file begins as a zip archive does."""
    try:
        with path.open("rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False


def read(path: Path, registry: Registry | None = None) -> Graph:
    """The graph in a bundle; nothing is unpacked.

    Raises WorkflowError for what is no bundle, and with a registry for one that would read files
    that are not in it.
    """
    with _opened(path) as archive:
        _members(archive, path)
        text = b"".join(_content(archive, archive.getinfo(WORKFLOW), path, MAX_WORKFLOW))
    graph = workflow.loads(text, registry, name=str(path))
    for name in _read_files(graph, registry) if registry else ():
        folder, slash, last = name.partition("/")
        if not (slash and folder == INPUTS and _NAME.fullmatch(last)):
            raise _refused(path, f"it reads {name!r}, which is not in it")
    return graph


def _read_files(graph: Graph, registry: Registry) -> Iterator[str]:
    """The files that a graph names: where it is written, and where zones hand them on to."""
    for place in places(graph, registry):
        if isinstance(place.widget, FilePath):
            yield place.value
    plain = Graph(graph.nodes.values(), definitions=graph.definitions)
    expansion = expand(plain, registry)
    for node in expansion.graph.nodes.values():
        spec = expansion.registry.find(node.type)
        for name, param in spec.params.items() if spec else ():
            value = node.params.get(name)
            if isinstance(param.widget, FilePath) and isinstance(value, str):
                yield value


def unpack(path: Path, folder: Path) -> Path:
    """Put the files of a bundle into a subfolder of `folder` that its content names.

    Gives that subfolder, which is an input folder for the workflow. What is there already and whole
    is left as it is. Raises WorkflowError for what is no bundle or can't be unpacked, and then
    leaves nothing behind.
    """
    with _opened(path) as archive:
        members = _members(archive, path)
        place = folder / _content_name(path)
        if _is_whole(place, members):
            return place
        part = folder / f".{place.name}.{secrets.token_hex(4)}.part"
        try:
            (part / INPUTS).mkdir(parents=True)
            left = MAX_BYTES
            for member in members:
                with (part / member.filename).open("xb") as file:
                    for chunk in _content(archive, member, path, left):
                        file.write(chunk)
                        left -= len(chunk)
            shutil.rmtree(place, ignore_errors=True)
            try:
                part.rename(place)
            except OSError:
                # Another process has just put the same content there.
                if not _is_whole(place, members):
                    raise
        except OSError as error:
            raise WorkflowError(
                f"{path} can't be unpacked to {folder}: {error.strerror or error}."
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return place


def _write(path: Path, text: str, files: dict[str, Path]) -> None:
    """The whole archive or nothing, as `write_atomically` does for bytes in memory."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with zipfile.ZipFile(part, "x") as archive:
            archive.writestr(_info(WORKFLOW), text, zipfile.ZIP_DEFLATED)
            for name, source in files.items():
                # Pictures are compressed already.
                info = _info(f"{INPUTS}/{name}")
                with source.open("rb") as data, archive.open(info, "w", force_zip64=True) as file:
                    shutil.copyfileobj(data, file, CHUNK)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


def _free_name(name: str, taken: dict[str, Path]) -> str:
    """`name`, or with a number where another file has it, as a plain name on every system."""
    name = re.sub(r"[\\/:*?\"<>|\0-\x1f\x7f]", "_", name).lstrip(".")[-120:].rstrip(". ") or "input"
    stem, suffix = Path(name).stem, Path(name).suffix
    if _RESERVED.fullmatch(name):
        stem = f"{stem}_"
    lower = {other.lower() for other in taken}
    found, number = f"{stem}{suffix}", 2
    while found.lower() in lower:
        found, number = f"{stem}_{number}{suffix}", number + 1
    return found


# What zipfile raises for bytes that make no sense.
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    MemoryError,
)


@contextmanager
def _opened(path: Path) -> Generator[zipfile.ZipFile]:
    """A zip archive whose every fault is a WorkflowError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        raise WorkflowError(
            f"{path} can't be read: {error.strerror or error}.", remedy="Check the name."
        ) from error
    except _DAMAGE as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: BaseException) -> WorkflowError:
    return WorkflowError(
        f"{path} is a damaged bundle: {str(error) or type(error).__name__}.",
        remedy="Copy or pack it again.",
    )


def _members(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    """All members, each one that `pack` could have written; WorkflowError otherwise."""
    members = archive.infolist()
    seen: set[str] = set()
    total = 0
    for member in members:
        name = member.filename
        why = _refusal(member)
        if not why and name.lower() in seen:
            why = "is there twice"
        if why:
            shown = name if len(name) <= 80 else f"{name[:79]}…"
            raise _refused(path, f"{shown!r} {why}")
        seen.add(name.lower())
        total += member.file_size
    if len(members) > MAX_FILES:
        raise _refused(path, f"it has more than {MAX_FILES} files")
    if total > min(MAX_BYTES, max(SMALL, MAX_RATIO * path.stat().st_size)):
        raise _refused(path, f"it would unpack to {total / (1 << 20):.0f} MiB")
    if WORKFLOW not in seen:
        raise _refused(path, f"it has no {WORKFLOW}")
    return members


def _refusal(member: zipfile.ZipInfo) -> str:
    """Why a member has no place in a bundle, "" when it has."""
    name = member.orig_filename
    if name != member.filename:
        return "is no plain name"
    if name != WORKFLOW:
        folder, slash, last = name.partition("/")
        plain = _NAME.fullmatch(last) and not _RESERVED.fullmatch(last)
        if not (slash and folder == INPUTS and plain):
            return f"is not {WORKFLOW} or a plain name in {INPUTS}"
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link or something else that is no file"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in another way than bundles are"
    if member.file_size > max(SMALL, MAX_RATIO * member.compress_size):
        return f"would unpack to {member.file_size} bytes from {member.compress_size}"
    return ""


def _content(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, limit: int
) -> Iterator[bytes]:
    """The bytes of a member, counted as they come: its header may say less than it unpacks to."""
    limit = min(limit, max(SMALL, MAX_RATIO * member.compress_size))
    size = 0
    with archive.open(member) as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise _refused(path, f"{member.filename!r} unpacks to more than {limit} bytes")
            yield chunk
    if size != member.file_size:
        raise _damaged(path, EOFError(f"{member.filename!r} is cut short"))


def _refused(path: Path, why: str) -> WorkflowError:
    return WorkflowError(
        f"{path} is no bundle that can be trusted: {why}.",
        remedy="Give one that `loom pack` wrote.",
    )


def _content_name(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _is_whole(place: Path, members: list[zipfile.ZipInfo]) -> bool:
    """Whether all members lie there with their sizes, and none of them as a link."""
    for member in members:
        try:
            status = (place / member.filename).lstat()
        except OSError:
            return False
        if not stat.S_ISREG(status.st_mode) or status.st_size != member.file_size:
            return False
    return True
