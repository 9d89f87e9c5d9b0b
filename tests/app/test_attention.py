import json
from pathlib import Path

import PIL.Image


def made(path: Path) -> dict:
    """How a picture says it was made."""
    with PIL.Image.open(path) as picture:
        return json.loads(picture.info["latent-loom"])


def test_the_attention_backend_is_chosen_and_recorded(loom, picture_workflow, monkeypatch):
    first = Path(loom("run", *picture_workflow).stdout.splitlines()[1])
    chosen = loom("run", *picture_workflow, "--attention", "sliced:1")
    summary, path = chosen.stdout.splitlines()
    assert summary.startswith("9 nodes run, 0 cached")
    assert made(first)["environment"]["attention"] == "sdpa"
    assert made(Path(path))["environment"]["attention"] == "sliced:1"
    assert "0 nodes run" in loom("run", *picture_workflow).stdout
    monkeypatch.setenv("LOOM_ATTENTION", "sliced:1")
    assert "0 nodes run" in loom("run", *picture_workflow).stdout
    assert loom("plan", *picture_workflow).stdout.splitlines()[-1] == "0 of 9 nodes to run"
    told = loom("verify", first).stdout
    assert told.startswith(f"{first}: bit-equal") or "within tolerance" in told
    assert "  environment attention: sdpa → sliced:1" in told


def test_an_attention_backend_that_is_not_there(loom, picture_workflow):
    result = loom("run", *picture_workflow, "--attention", "xformers")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: xFormers computes attention on NVIDIA cards only, and this run is on cpu. "
        "Choose sdpa or sliced attention.\n"
    )
