from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / "workflows" / "text_to_image.json"
Loom = Callable[..., Result]


@pytest.fixture
def loom(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loom:
    """Calls the command line in an empty folder, with the tiny model at hand."""
    monkeypatch.setenv("LOOM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LOOM_MODELS", str(tiny_model.parent))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def call(*words: object) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture
def picture_workflow() -> tuple[object, ...]:
    """The gallery's workflow on the tiny model, made short."""
    return (WORKFLOW, "--set", "model.model=tiny", "--set", "denoise.steps=2")
