"""A window's file, and what the person is told."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QMessageBox, QWidget

from app.gui.document import Document
from app.gui.files.files import Files
from app.session import open_registry


@pytest.fixture(scope="module")
def registry():
    return open_registry()


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def files(window, registry):
    return Files(Document(registry, window), window)


@pytest.fixture
def document(files):
    return files._document


@pytest.fixture
def said(monkeypatch):
    found = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *words: found.append(words[-1]))
    return found
