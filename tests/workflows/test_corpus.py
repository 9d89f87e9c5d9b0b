"""Workflow files that were once saved, or written by hand: they open for ever.

A file here is never edited; a new format or node version gets new files beside the old ones.
"""

import hashlib
from pathlib import Path

import pytest

from engine.graph import workflow
from engine.graph.check import check
from engine.graph.diff import diff
from engine.graph.registry import Registry

FOLDER = Path(__file__).parent / "corpus"
# Each file with the hash of its bytes and how many problems a check finds in it.
FILES = {
    "v1_bare.json": ("fcf71b09c7eaffe6", 0),
    "v1_byte_order_mark.json": ("6a8828fc5e7e2a37", 0),
    "v1_frames_and_dots.json": ("8f8c3719c7999254", 0),
    "v1_loaders.json": ("d720f56c29a3ebb9", 0),
    "v1_locks_each_sheet.json": ("09f4574d57cb8365", 0),
    "v1_subgraph_zone_sweep.json": ("df9abc09eb9973f3", 0),
    "v1_text_to_image.json": ("7c3ad0b525df8013", 0),
    "v1_unfinished.json": ("4db2cb20e9b90f76", 4),
}
each = pytest.mark.parametrize("name", FILES)


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = Registry()
    found.load_pack("nodes")
    return found


def test_every_file_is_listed():
    assert {path.name for path in FOLDER.iterdir()} == FILES.keys()


@each
def test_it_is_as_it_was(name: str):
    found = hashlib.blake2b((FOLDER / name).read_bytes(), digest_size=8).hexdigest()
    assert found == FILES[name][0]


@each
def test_it_opens_with_nothing_lost(name: str, registry: Registry):
    plain = workflow.read(FOLDER / name)
    graph = workflow.read(FOLDER / name, registry)
    kept = {"type", "version"}
    assert graph.nodes.keys() == plain.nodes.keys()
    assert {change.sort for change in diff(plain, graph, view=True).changes} <= kept
    assert len(check(graph, registry).problems) == FILES[name][1]


@each
def test_what_it_is_saved_as_opens_as_the_same(name: str, registry: Registry):
    graph = workflow.read(FOLDER / name, registry)
    text = workflow.dumps(graph)
    assert workflow.loads(text, registry) == graph
    assert workflow.dumps(workflow.loads(text, registry)) == text
