import os
import time
from pathlib import Path

import pytest

from engine.graph.files import GRAIN_NS, FileHashes, write_atomically


def age(path: Path) -> None:
    old = time.time_ns() - 2 * GRAIN_NS
    os.utime(path, ns=(old, old))


def test_a_file_is_known_by_its_content(tmp_path: Path):
    for name, text in (("a", "x"), ("b", "x"), ("c", "y")):
        (tmp_path / name).write_text(text)
    a, b, c = (FileHashes().of(tmp_path / name) for name in "abc")
    assert a == b != c
    assert a.startswith("b2:") and len(a) == 35


def test_a_folder_is_known_by_names_and_contents(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_text("x")
    first = FileHashes().of(tmp_path)
    (tmp_path / ".hidden").write_text("no matter")
    assert FileHashes().of(tmp_path) == first
    (tmp_path / "sub" / "a").rename(tmp_path / "sub" / "b")
    second = FileHashes().of(tmp_path)
    (tmp_path / "sub" / "b").write_text("y")
    assert len({first, second, FileHashes().of(tmp_path)}) == 3


def test_an_old_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a"
    path.write_text("x")
    age(path)
    hashes = FileHashes()
    first = hashes.of(path)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("read again"))
    assert hashes.of(path) == first


def test_a_young_file_is_read_again(tmp_path: Path):
    path = tmp_path / "a"
    path.write_text("x")
    hashes = FileHashes()
    first = hashes.of(path)
    status = path.stat()
    path.write_text("y")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert hashes.of(path) != first


def test_a_changed_file_is_read_again(tmp_path: Path):
    path = tmp_path / "a"
    path.write_text("x")
    age(path)
    hashes = FileHashes()
    first = hashes.of(path)
    path.write_text("z")
    assert hashes.of(path) != first


def test_what_is_not_there_raises(tmp_path: Path):
    with pytest.raises(OSError):
        FileHashes().of(tmp_path / "none")


def test_a_write_keeps_the_old_file_until_it_is_whole(tmp_path: Path, monkeypatch):
    path = tmp_path / "a"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        write_atomically(path, b"three")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]
