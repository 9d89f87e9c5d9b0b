"""Unsaved work that is found again."""

from __future__ import annotations

import subprocess
import sys

from app.gui.files.recovery import Session, Sessions

WORK = Session("", {"loom": 1, "nodes": {}}, {"zoom": 2})

DIE = """
import os, sys
from pathlib import Path
from app.gui.files.recovery import Session, Sessions
sessions = Sessions(Path(sys.argv[1]))
sessions.keep(Session("", {"loom": 1, "nodes": {}}, {"zoom": 2}))
os.kill(os.getpid(), 9)
"""


def test_a_window_that_was_closed_leaves_where_it_was(tmp_path):
    first = Sessions(tmp_path)
    first.keep(WORK)
    first.close(Session("a.json"))
    assert Sessions(tmp_path).last() == Session("a.json")
    assert Sessions(tmp_path).left_behind() == []


def test_an_open_window_keeps_its_own(tmp_path):
    first, second = Sessions(tmp_path), Sessions(tmp_path)
    first.keep(WORK)
    second.keep(Session("b.json"))
    assert second.left_behind() == []


def test_killed_programs_leave_their_work_once(tmp_path):
    done = subprocess.run([sys.executable, "-c", DIE, str(tmp_path)])
    assert done.returncode == -9
    first, second = Sessions(tmp_path), Sessions(tmp_path)
    assert first.left_behind() == [WORK]
    assert second.left_behind() == []  # another window has it
    first.let_go()
    assert Sessions(tmp_path).left_behind() == []


def test_work_that_nobody_made_safe_is_found_again(tmp_path):
    subprocess.run([sys.executable, "-c", DIE, str(tmp_path)])
    crashed = "\n".join(
        (
            "import os, sys",
            "from pathlib import Path",
            "from app.gui.files.recovery import Sessions",
            "assert Sessions(Path(sys.argv[1])).left_behind()",
            "os.kill(os.getpid(), 9)",
        )
    )
    done = subprocess.run([sys.executable, "-c", crashed, str(tmp_path)])
    assert done.returncode == -9
    assert Sessions(tmp_path).left_behind() == [WORK]


def test_a_damaged_session_is_kept_aside(tmp_path):
    (tmp_path / "last.json").write_text('{"path": ')
    (tmp_path / "12-ab.json").write_text("[]")
    sessions = Sessions(tmp_path)
    assert sessions.last() is None and sessions.left_behind() == []
    assert {file.name for file in tmp_path.glob("*.damaged")} == {"last.damaged", "12-ab.damaged"}
