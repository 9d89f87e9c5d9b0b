from __future__ import annotations

import os
import random
import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.graph import codecs
from engine.graph.cache import Cache, Entry, Lost, WrittenFile
from engine.graph.digests import fingerprint
from engine.graph.files import GRAIN_NS
from tests.engine.graph.stubs import Latents, Opaque

pytestmark = pytest.mark.usefixtures("values_in_files")


def entry(name: str, values: dict[str, Any], seconds: float = 1.0) -> Entry:
    prints = {port: fingerprint(value) for port, value in values.items()}
    digests = {port: found for port, (found, _) in prints.items()}
    return Entry(name, digests, seconds, (), sum(size for _, size in prints.values()))


def keep(cache: Cache, name: str, **values: Any) -> Entry:
    made = entry(name, values)
    cache.store((name, f"action {name}"), made, values)
    return made


def test_memory_alone():
    cache = Cache()
    made = keep(cache, "a", x=1, y=(2, 3))
    assert cache.find(["a", "action a", "b"]) == {"a": made, "action a": made}
    assert cache.load(made) == {"x": 1, "y": (2, 3)}


def test_what_memory_lets_go_is_no_longer_found():
    cache = Cache(memory=1000)
    made = keep(cache, "a", x="x" * 500)
    keep(cache, "b", x="y" * 500)
    assert set(cache.find(["a", "b"])) == {"b"}
    with pytest.raises(Lost):
        cache.load(made)


def test_what_memory_lets_go_comes_from_disk(tmp_path: Path):
    cache = Cache(tmp_path, memory=1000)
    made = keep(cache, "a", x="x" * 500)
    keep(cache, "b", x="y" * 500)
    assert set(cache.find(["a", "b"])) == {"a", "b"}
    assert cache.load(made) == {"x": "x" * 500}


def test_another_process_finds_it(tmp_path: Path):
    values = {"x": Latents((1.0, 2.0)), "many": [Latents(()), Latents((3.0,))], "none": None}
    keep(Cache(tmp_path), "a", **values)
    cache = Cache(tmp_path)
    found = cache.find(["a"])["a"]
    assert found.digests == entry("a", values).digests
    assert cache.load(found) == values


def test_a_value_without_codec_stays_in_memory(tmp_path: Path):
    made = Entry("a", {"x": "digest"}, 1.0)
    cache = Cache(tmp_path)
    cache.store(("a",), made, {"x": Opaque()})
    assert set(cache.find(["a"])) == {"a"}
    assert cache.find(["a"])["a"].number is None
    assert Cache(tmp_path).find(["a"]) == {}


class Stubborn:
    """A value whose codec fails."""


def _fail(value: Stubborn) -> bytes:
    raise RuntimeError("no room for this")


def test_a_codec_that_fails_costs_only_what_it_would_have_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    codecs.register(codecs.Codec("stubborn", Stubborn, _fail, lambda data: Stubborn()))
    cache = Cache(tmp_path)
    value = Stubborn()
    made = Entry("a", {"x": "digest"}, 1.0)
    cache.store(("a",), made, {"x": value})
    assert cache.load(made) == {"x": value}
    assert Cache(tmp_path).find(["a"]) == {}
    assert "can't take a result in (RuntimeError: no room for this)." in caplog.text


def test_damage_on_disk_is_found_and_dropped(tmp_path: Path):
    keep(Cache(tmp_path), "a", x="value")
    for path in (tmp_path / "values").glob("*/*"):
        path.write_bytes(b"junk!")
    cache = Cache(tmp_path)
    found = cache.find(["a"])["a"]
    with pytest.raises(Lost):
        cache.load(found)
    assert cache.find(["a"]) == {}
    assert Cache(tmp_path).find(["a"]) == {}


@pytest.mark.parametrize("seed", range(20))
def test_bytes_that_turned_in_the_index_never_give_another_value(tmp_path: Path, seed: int):
    values = {f"k{place}": "v" * place for place in range(12)}
    cache = Cache(tmp_path)
    for key, value in values.items():
        keep(cache, key, x=value)
    cache.remember_run("w", {"nodes": {}})
    cache.close()
    (index,) = tmp_path.glob("index-*.sqlite")
    data = bytearray(index.read_bytes())
    picker = random.Random(seed)
    for _ in range(30):
        data[picker.randrange(len(data))] = picker.randrange(256)
    index.write_bytes(data)
    cache = Cache(tmp_path)
    cache.last_run("w")
    for made in cache.find(values).values():
        with suppress(Lost):
            assert cache.load(made)["x"] in values.values()
    for key, value in values.items():
        assert cache.load(keep(cache, key, x=value)) == {"x": value}


def test_trouble_with_the_disk_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    for name in "abc":
        keep(Cache(tmp_path), name, x=name)
    for path in (tmp_path / "values").glob("*/*"):
        path.write_bytes(b"junk!")
    cache = Cache(tmp_path)
    for made in cache.find("abc").values():
        with pytest.raises(Lost):
            cache.load(made)
    shutil.rmtree(tmp_path)
    for name in "def":
        keep(cache, name, x=name * 5000)
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        f"The kept results in {tmp_path} are damaged or gone: what is needed of them is "
        "made again.",
        f"The kept results in {tmp_path} can't be added to or read (No such file or directory): "
        "the run goes on without.",
    ]


def test_a_disk_that_vanishes_costs_only_what_it_kept(tmp_path: Path):
    cache = Cache(tmp_path / "cache")
    keep(cache, "a", x=1)
    shutil.rmtree(tmp_path / "cache")
    made = keep(cache, "b", x=2)
    assert cache.load(made) == {"x": 2}
    cache.remember_run("w", {"nodes": {}})
    assert cache.last_run("w") == {"nodes": {}}


def test_an_alias_is_kept_on_disk(tmp_path: Path):
    cache = Cache(tmp_path)
    made = keep(cache, "a", x=1)
    cache.alias("z", made)
    assert cache.find(["z"])["z"] is made
    assert set(Cache(tmp_path).find(["z"])) == {"z"}


def test_dropping(tmp_path: Path):
    cache = Cache(tmp_path)
    made = keep(cache, "a", x=1)
    cache.alias("z", made)
    cache.drop(made)
    assert cache.find(["a", "z", "action a"]) == {}
    assert Cache(tmp_path).find(["a", "z"]) == {}


def test_pinned_results_stay_in_memory():
    cache = Cache(memory=2000)
    made = entry("kept", {"x": "k" * 500}, seconds=0.001)
    cache.store(("kept",), made, {"x": "k" * 500})
    cache.pin("w", {"kept"})
    for index in range(10):
        keep(cache, f"n{index}", x=str(index) * 500)
    assert cache.load(made) == {"x": "k" * 500}
    cache.pin("w", ())
    for index in range(10):
        keep(cache, f"m{index}", x=str(index) * 500)
    with pytest.raises(Lost):
        cache.load(made)


def test_a_look_at_what_is_in_memory(tmp_path: Path):
    made = keep(Cache(tmp_path), "a", x=1)
    cache = Cache(tmp_path)
    found = cache.find(["a"])["a"]
    assert cache.at_hand(found) is None
    cache.load(found)
    assert cache.at_hand(found) == {"x": 1}
    assert made.name == found.name


@pytest.mark.parametrize("on_disk", [False, True])
def test_many_threads_use_it_at_once(tmp_path: Path, on_disk: bool):
    cache = Cache(tmp_path if on_disk else None, memory=4000, disk=20_000)
    wrong: list[object] = []

    def work(seed: int) -> None:
        rng = random.Random(seed)
        try:
            for _ in range(150):
                name = f"n{rng.randint(0, 30)}"
                found = cache.find([name, f"action {name}"]).get(name)
                if found is None:
                    keep(cache, name, x=name * 50)
                elif rng.random() < 0.1:
                    cache.drop(found)
                else:
                    with suppress(Lost):
                        wrong.extend(v for v in cache.load(found).values() if v != name * 50)
                cache.alias(f"z{rng.randint(0, 30)}", keep(cache, name, x=name * 50))
                cache.pin("w", {f"n{rng.randint(0, 30)}"})
                cache.remember_run("w", {"n": rng.random()})
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_written_file_makes_an_entry_stale(tmp_path: Path):
    cache = Cache()
    path = tmp_path / "picture"
    path.write_text("one")
    made = Entry("a", {}, 1.0, (WrittenFile(str(path), cache.hashes.of(path)),))
    assert cache.stale(made) == ""
    path.write_text("two")
    assert cache.stale(made) == f"{path} changed"
    path.unlink()
    assert cache.stale(made) == f"{path} is gone"


def test_file_hashes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "model"
    path.write_text("weights")
    past = time.time_ns() - 2 * GRAIN_NS
    os.utime(path, ns=(past, past))
    cache = Cache(tmp_path / "cache")
    found = cache.hashes.of(path)
    cache.remember_run("", {})
    again = Cache(tmp_path / "cache")
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("read again"))
    assert again.hashes.of(path) == found
