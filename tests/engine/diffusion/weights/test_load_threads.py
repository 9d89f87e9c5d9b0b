"""Classes come from libraries that several threads may be the first to import."""

from __future__ import annotations

import threading

from engine.diffusion.weights import load

LIBRARY = """
import sys, time, types
time.sleep(0.3)
other = types.ModuleType(__name__)
other.Thing = "the one"
sys.modules[__name__] = other
"""


def test_a_module_that_takes_its_own_place_is_found_by_every_thread(tmp_path, monkeypatch):
    (tmp_path / "takes_its_place.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(tmp_path)
    found = []

    def look():
        found.append(getattr(load._module("takes_its_place"), "Thing", "missing"))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == ["the one"] * 3
