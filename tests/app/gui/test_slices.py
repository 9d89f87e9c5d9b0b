"""Long work a part at a time."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QTimer

from app.gui import slices
from app.gui.slices import Slices


class Work:
    """So many parts, each of which takes longer than a slice."""

    def __init__(self, parts: int) -> None:
        self.parts = parts

    def step(self) -> bool:
        until = time.thread_time() + slices.SLICE * 1.1
        while time.thread_time() < until:
            pass
        self.parts -= 1
        return self.parts > 0


@pytest.fixture
def work() -> Work:
    return Work(6)


def test_the_event_loop_turns_between_slices(qtbot, work):
    turns: list[int] = []
    ticks = QTimer(interval=0)
    ticks.timeout.connect(lambda: turns.append(work.parts))
    part = Slices(work.step)
    part.start()
    ticks.start()
    assert part.busy and work.parts == 6
    qtbot.waitUntil(lambda: not part.busy)
    assert work.parts == 0 and len({*turns}) >= 3  # it was seen half done


def test_what_is_left_can_be_done_at_once_or_left(work):
    part = Slices(work.step)
    part.start()
    part.finish()
    assert work.parts == 0 and not part.busy
    work.parts = 3
    part.finish()
    assert work.parts == 3  # nothing was begun
    part.start()
    part.stop()
    assert not part.busy and work.parts == 3
