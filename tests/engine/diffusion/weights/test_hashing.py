import os
import shutil

import pytest

from engine.diffusion.weights import hashing
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.hashing import StoredHashes, adopt, component_hash
from engine.graph.files import FileHashes


@pytest.fixture
def hashes(tmp_path):
    return StoredHashes(tmp_path / "cache" / "hashes.json")


def age(path, seconds=10):
    """Make a file look older than the clock's grain, so that its hash is remembered."""
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns - seconds * 10**9))


def test_the_hash_is_of_the_content_not_of_the_place(model_copy, tmp_path, hashes):
    before = component_hash(find_component(model_copy, "vae"), hashes)
    assert before.startswith("b2:") and len(before) == 3 + 32
    moved = shutil.copytree(model_copy / "vae", tmp_path / "elsewhere")
    assert component_hash(find_component(moved), hashes) == before


def test_one_changed_byte_changes_it(model_copy, hashes):
    component = find_component(model_copy, "vae")
    before = component_hash(component, hashes)
    weights = component.weights()[0]
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert component_hash(component, hashes) != before


def test_files_that_decide_nothing_do_not_count(model_copy, hashes):
    component = find_component(model_copy, "vae")
    before = component_hash(component, hashes)
    (component.path / "README.md").write_text("words")
    assert component_hash(component, hashes) == before


def test_a_hash_is_remembered_from_run_to_run(model_copy, tmp_path, monkeypatch):
    component = find_component(model_copy, "vae")
    for file in component.files():
        age(file)
    store = tmp_path / "cache" / "hashes.json"
    first = component_hash(component, StoredHashes(store))
    assert store.is_file()

    def read(*_):
        raise AssertionError("the file was read again")

    monkeypatch.setattr("hashlib.file_digest", read)
    assert component_hash(component, StoredHashes(store)) == first


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"a": [[1], "b"]}'])
def test_a_damaged_store_is_started_afresh(model_copy, tmp_path, text):
    store = tmp_path / "hashes.json"
    store.write_text(text)
    component = find_component(model_copy, "vae")
    fresh = component_hash(component, StoredHashes(tmp_path / "other.json"))
    assert component_hash(component, StoredHashes(store)) == fresh


def test_what_a_run_has_read_is_not_read_again(model_copy, monkeypatch):
    component = find_component(model_copy, "vae")
    for file in component.files():
        age(file)
    expected = component_hash(component, StoredHashes(model_copy / "hashes.json"))
    hashes = FileHashes()
    hashes.of(model_copy)  # as for the recipe of a loader
    monkeypatch.setattr(hashing, "_adopted", None)
    adopt(hashes)

    def read(*_):
        raise AssertionError("the file was read again")

    monkeypatch.setattr("hashlib.file_digest", read)
    assert component_hash(component) == expected
