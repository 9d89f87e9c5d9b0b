"""The drawing of the starter model's sprites."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from PIL import Image

from app.gui import sprites
from engine.diffusion.training.sprites import OBJECTS, STYLES


def test_things_are_drawn_square_cropped_and_centred(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(sprites, "OBJECTS", dict(list(OBJECTS.items())[:2]))
    body = '<rect x="20" y="40" width="80" height="40" fill="#ff0000"/>'
    packages = [tmp_path / style for style in STYLES]
    for package in packages:
        package.mkdir()
        icons = {icon: {"body": body} for icon in sprites.OBJECTS.values()}
        (package / "icons.json").write_text(json.dumps({"width": 128, "icons": icons}))
    done = CliRunner().invoke(sprites.main, [*map(str, packages), str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    drawn = sorted((tmp_path / "out").rglob("*.png"))
    assert len(drawn) == 2 * len(STYLES)
    picture = Image.open(drawn[0])
    assert picture.size == (sprites.SIZE, sprites.SIZE)
    assert picture.getpixel((48, 48)) == (255, 0, 0, 255)
    box = picture.getchannel("A").point(lambda level: 255 * (level > 127)).getbbox()
    assert box == pytest.approx((0, 24, 96, 72), abs=1)
