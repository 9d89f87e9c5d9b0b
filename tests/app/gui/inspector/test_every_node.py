"""Every node type that comes with the project has a page whose widgets take its values."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QSlider

from app.gui.document import Document
from app.gui.inspector import Inspector
from app.gui.status import Statuses
from app.session import open_registry

FAMILIES = sorted({spec.family for spec in open_registry()})


@pytest.mark.parametrize("family", FAMILIES)
def test_every_node_has_a_page(qtbot, registry, family):
    document = Document(registry)
    specs = [spec for spec in registry if spec.family == family]
    with document.edit("All") as graph:
        for spec in specs:
            graph.add(spec.id, spec.id.replace(".", "_"))
    inspector = Inspector(document, Statuses())
    qtbot.addWidget(inspector)
    for spec in specs:
        inspector.show_nodes([spec.id.replace(".", "_")])
        inspector.refresh()
        page = inspector.page
        assert [row.param for row in page.rows] == list(spec.params.values())
        for row in page.rows:
            if not row.param.required:
                row.editor.edited.emit(row.param.default)
        for kind in (QAbstractButton, QSlider, QLineEdit, QComboBox):
            for control in page.findChildren(kind):
                inner = isinstance(control.parent(), QComboBox | QLineEdit)
                named = control.accessibleName() or getattr(control, "text", str)()
                assert inner or (named and control.toolTip()), (spec.id, control)
    node = document.graph.nodes[specs[-1].id.replace(".", "_")]
    given = {name: one.default for name, one in specs[-1].params.items() if not one.required}
    assert node.params == given
