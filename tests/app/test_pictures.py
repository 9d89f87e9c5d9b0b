"""Pictures of every format are what a workflow can be run and verified from."""

from pathlib import Path

import PIL.Image
import pytest
from click.testing import CliRunner

from app.cli import main
from engine.graph import workflow
from engine.graph.graph import Graph


@pytest.fixture
def flipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workflow that mirrors a picture beside it, in an empty working folder."""
    monkeypatch.setenv("LOOM_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    ramp = PIL.Image.linear_gradient("L").resize((24, 16))
    PIL.Image.merge("RGB", [ramp, ramp.rotate(180), ramp]).save("a.png")
    graph = Graph()
    graph.add("image.load", "load", params={"file": "a.png"})
    graph.add("transform.flip", "flip", params={"axis": "both"}, inputs={"picture": "load.image"})
    graph.add("image.save", "save", inputs={"image": "flip.picture"})
    workflow.write(graph, Path("flip.json"))
    return Path("flip.json")


@pytest.mark.parametrize("format", ["png", "webp", "jpeg"])
def test_a_picture_runs_and_verifies_whatever_its_format(flipped: Path, format: str):
    def loom(*words: object) -> str:
        result = CliRunner().invoke(main, [str(word) for word in words])
        assert result.exit_code == 0, result.output
        return result.stdout

    picture = loom("run", flipped, "--set", f"save.format={format}").splitlines()[-1]
    again = loom("run", picture, "--out", "again").splitlines()[-1]
    assert Path(again).parent.name == "again"
    assert Path(again).suffix == Path(picture).suffix
    with PIL.Image.open(picture) as first, PIL.Image.open(again) as second:
        assert first.format == format.upper()
        assert first.tobytes() == second.tobytes()
    Path("a.png").rename("outputs/a.png")  # a picture's inputs are looked for beside it
    assert loom("verify", picture).endswith("bit-equal\n")
