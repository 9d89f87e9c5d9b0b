"""The palette: search, keyboard, drag, favourites, packs that failed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut

from app.gui import settings
from app.gui.document import Document
from app.gui.palette import Palette
from app.gui.palette.families import family_of, icon_of, name_of
from app.gui.palette.search import rank
from app.gui.palette.tip import said_of, tip_of
from app.gui.palette.tree import MIME, TYPE_ID
from app.session import open_registry
from engine.graph.registry import PackReport
from engine.graph.subgraph import collapse


@pytest.fixture(scope="module")
def registry():
    return open_registry()


@pytest.fixture
def document(registry, qtbot):
    settings.put(settings.Choices())
    return Document(registry)


@pytest.fixture
def palette(document, qtbot):
    made = Palette(document)
    qtbot.addWidget(made)
    made.resize(260, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def asked(palette):
    found: list[str] = []
    palette.add_asked.connect(found.append)
    return found


def lines(palette) -> list[str]:
    """The outermost lines of the tree."""
    nodes = palette.tree.nodes
    return [nodes.item(row).text() for row in range(nodes.rowCount())]


@pytest.mark.parametrize(
    "text, first",
    [
        ("denoise", "diffusion.denoise"),
        ("denois", "diffusion.denoise"),
        ("dnoise", "diffusion.denoise"),
        ("load mod", "load.pipeline"),
        ("dap", "diffusion.redraw"),
        ("save", "image.save"),
        ("text.encode", "text.encode"),
        ("heun", "scheduler.heun"),
    ],
)
def test_a_few_letters_find_a_node(registry, text, first):
    assert rank(text, registry)[0].id == first


def test_types_and_summaries_are_searched_too(registry):
    assert "image.save" in [spec.id for spec in rank("image", registry)]
    assert "scheduler.ddpm" in [spec.id for spec in rank("ancestral", registry)]
    assert rank("xyzzy", registry) == []
    assert len(rank("", registry)) == len(registry)


def test_every_family_has_a_name_and_an_icon(registry):
    for spec in registry:
        family = family_of(spec)
        assert name_of(family) and icon_of(family)


def test_a_docstring_says_what_a_parameter_does(registry):
    spec = registry.get("diffusion.denoise")
    assert said_of(spec, "record") == "record keeps the latents of every step."
    assert "classifier-free guidance" in said_of(spec, "guidance")
    assert said_of(spec, "no such parameter") == "" == said_of(None, "guidance")


def test_enter_in_the_search_adds_the_first_that_is_found(palette, asked, qtbot):
    qtbot.keyClicks(palette.search, "denoise")
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert asked[0] == "diffusion.denoise" and asked[1] != asked[0]
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert palette.search.text() == "" and "Recent" in lines(palette)


def test_letters_typed_in_the_tree_search(palette, qtbot):
    palette.tree.setFocus()
    qtbot.keyClicks(palette.tree, "v")
    assert palette.search.text() == "v"
    palette.search.setText("xyzzy")
    assert not palette._nothing.isHidden()


def test_letters_in_the_tree_are_no_commands(palette, qtbot):
    done: list[str] = []
    QShortcut(QKeySequence("M"), palette, lambda: done.append("M"))
    palette.activateWindow()
    palette.tree.setFocus()
    qtbot.waitUntil(palette.tree.hasFocus)
    qtbot.keyClick(palette.tree, Qt.Key.Key_M)
    assert done == [] and palette.search.text() == "m"


def test_a_double_click_adds(palette, asked, qtbot):
    palette.search.setText("save picture")
    index = palette.tree.nodes.index(0, 0)
    place = palette.tree.visualRect(index).center()
    qtbot.mouseClick(palette.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(palette.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked == ["image.save"]


def test_a_drag_carries_the_type(palette):
    palette.search.setText("save picture")
    data = palette.tree.nodes.mimeData([palette.tree.nodes.index(0, 0)])
    assert data.data(MIME).data().decode() == "image.save"


def test_the_tool_tip_tells_ports_and_types(registry):
    tip = tip_of(registry.get("vae.decode"))
    assert "Latents" in tip and "Image" in tip and "vae.decode" in tip


def test_favourites_and_recent_ones_come_first(palette, qtbot):
    assert "Favourites" not in lines(palette)
    menu = palette.menu_of("vae.decode")
    next(one for one in menu.actions() if "favourites" in one.text()).trigger()
    assert lines(palette)[0] == "Favourites"
    assert palette.tree.nodes.item(0).child(0).data(TYPE_ID) == "vae.decode"
    menu = palette.menu_of("vae.decode")
    next(one for one in menu.actions() if "favourites" in one.text()).trigger()
    assert "Favourites" not in lines(palette)


def test_subgraphs_of_the_workflow_are_there(palette, document, asked):
    with document.edit_root("Collapse") as graph:
        graph.add("noise.seed", "seed")
        collapse(graph, ["seed"], "start")
    assert "Subgraphs of this workflow" in lines(palette)
    palette.search.setText("start")
    assert palette.tree.current() == "subgraph:start"


def test_packs_that_failed_are_listed_with_the_reason(document, qtbot):
    report = PackReport("broken", (), ("broken.nodes: ImportError: no torch",))
    document.registry.packs.append(report)
    try:
        palette = Palette(document)
        qtbot.addWidget(palette)
        group = palette.tree.nodes.item(palette.tree.nodes.rowCount() - 1)
        assert group.text() == "Packs that can't be used"
        assert group.child(0).text() == "broken"
        assert "ImportError" in group.child(0).child(0).text()
    finally:
        document.registry.packs.remove(report)
