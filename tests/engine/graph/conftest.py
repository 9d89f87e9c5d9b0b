from pathlib import Path

import pytest

from engine.graph.context import Settings
from engine.graph.executor import Executor
from tests.engine.graph import stubs


@pytest.fixture(autouse=True)
def fresh_counts():
    stubs.calls.clear()


@pytest.fixture
def values_in_files(monkeypatch: pytest.MonkeyPatch):
    """Have the disk tier write each value to a file, the smallest too."""
    monkeypatch.setattr("engine.graph.disk.SMALL", -1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    models = stubs.make_models(tmp_path / "models")
    return Settings(tmp_path / "out", (models,), (tmp_path,))


@pytest.fixture
def executor(settings: Settings) -> Executor:
    """Over the stub nodes, and strict with them."""
    return Executor(stubs.registry(), settings, strict=True)
