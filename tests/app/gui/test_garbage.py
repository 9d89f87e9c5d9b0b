"""Garbage is collected in the interface's thread, and what was there before is left alone."""

from __future__ import annotations

import gc
import weakref

import pytest

from app.gui.garbage import Garbage


class Thing:
    """Refers to itself."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture
def garbage(qapp):
    gc.unfreeze()
    garbage = Garbage()
    yield garbage
    garbage.close()


def test_what_was_there_is_left_alone_and_what_comes_is_collected(garbage):
    assert not gc.isenabled() and gc.get_freeze_count() > 10_000
    thing = weakref.ref(Thing())
    assert thing() is not None
    more = [[] for _ in range(2 * gc.get_threshold()[0])]
    garbage.collect()
    assert thing() is None and len(more) == 2 * gc.get_threshold()[0]


def test_in_the_end_python_collects_as_it_did(garbage):
    garbage.close()
    assert gc.isenabled() and gc.get_freeze_count() == 0
