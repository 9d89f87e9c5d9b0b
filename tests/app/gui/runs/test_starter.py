"""From a workflow to a picture file with the starter model, as the editor does it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

WORKFLOW = Path(__file__).parents[4] / "workflows" / "text_to_image.json"
WAIT = 240_000


@pytest.mark.slow
def test_the_starter_workflow_becomes_a_picture(
    document, statuses, runs, states, stub_place, qtbot
):
    document.open(WORKFLOW)
    document._settings = replace(document.settings, output_folder=stub_place / "outputs")
    seen, live = [], []
    statuses.changed.connect(lambda names: seen.append(statuses["denoise"]))
    with qtbot.waitSignal(runs.ended, timeout=WAIT) as ended:
        runs.run()
    assert ended.args[1] == "done"
    live = [status for status in seen if status.live and status.picture]
    assert len({status.picture.cacheKey() for status in live}) >= 2
    assert max(status.step for status in seen) == 25
    done = statuses["denoise"]
    assert done.state == "done" and done.seconds > 0 and done.memory is not None
    (file,) = statuses["save"].files
    picture = QImage(file)
    assert (picture.width(), picture.height()) == (64, 64)
    qtbot.waitUntil(lambda: statuses["decode"].picture is not None, timeout=WAIT)
    assert statuses["decode"].picture.pixelColor(5, 5) == picture.pixelColor(5, 5)
    qtbot.waitUntil(lambda: states("denoise", "save") == ["done"] * 2, timeout=WAIT)

    document.change(lambda graph: graph.set_param("denoise", "record", True))
    with qtbot.waitSignal(runs.ended, timeout=WAIT):
        runs.run()
    answer = runs.trajectory("denoise.trajectory")
    qtbot.waitUntil(lambda: answer.over, timeout=WAIT)
    assert len(answer.value["pictures"]) == 26 and len(answer.value["timesteps"]) == 25
    first, last = answer.value["pictures"][0], answer.value["pictures"][-1]
    assert first != last and first.width() == 64
    answer = runs.summary("decode.image")
    qtbot.waitUntil(lambda: answer.over, timeout=WAIT)
    assert answer.value["tensors"][0]["shape"] == [1, 3, 64, 64]
    answer = runs.tokens("prompt", "a red fish")
    qtbot.waitUntil(lambda: answer.over, timeout=WAIT)
    assert answer.value["tokens"] == 3
    answer = runs.worker.ask("verify", picture=file, options={"model_folders": []})
    qtbot.waitUntil(lambda: answer.over, timeout=WAIT)
    assert answer.value["outcome"] in ("equal", "close")
