"""An inspector over a document, both alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.gui import settings, theme
from app.gui.document import Document
from app.gui.inspector import Inspector
from app.gui.status import Statuses
from app.session import open_registry

STARTER = Path(__file__).resolve().parents[4] / "workflows" / "text_to_image.json"


@pytest.fixture(scope="session")
def registry():
    return open_registry()


@pytest.fixture
def document(registry, qtbot):
    theme.use("dark")
    settings.put(settings.Choices())
    made = Document(registry)
    made.open(STARTER)
    made.wait_checked()
    return made


@pytest.fixture
def statuses():
    return Statuses()


@pytest.fixture
def inspector(document, statuses, qtbot):
    made = Inspector(document, statuses)
    qtbot.addWidget(made)
    made.resize(340, 900)
    made.show()
    qtbot.waitExposed(made)
    return made
