from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

import pytest

from engine.graph.blobs import YOUNG, blob_name
from engine.graph.disk import FORMAT, DiskTier, Lost, is_damage
from engine.graph.errors import CacheError

pytestmark = pytest.mark.usefixtures("values_in_files")


@pytest.fixture
def disk(tmp_path: Path) -> DiskTier:
    return DiskTier(tmp_path / "cache")


def put(disk: DiskTier, key: str, data: bytes, seconds: float = 1.0) -> int:
    number = disk.put([key, f"action {key}"], {"blob": blob_name(data)}, [data], seconds)
    return number or 0


def files(disk: DiskTier) -> list[Path]:
    return [path for path in (disk.folder / "values").glob("*/*") if path.is_file()]


def test_what_is_put_is_found_by_another_process(disk: DiskTier):
    number = put(disk, "k", b"data")
    other = DiskTier(disk.folder)
    assert other.find(["k", "nothing"]) == {"k": (number, {"blob": blob_name(b"data")})}
    assert other.find(["action k"])["action k"][0] == number
    assert other.read(blob_name(b"data")) == b"data"


def test_equal_bytes_lie_there_once(disk: DiskTier):
    put(disk, "a", b"same")
    put(disk, "b", b"same")
    assert len(files(disk)) == 1


def test_more_keys_than_one_query_takes(disk: DiskTier):
    for index in range(20):
        put(disk, f"k{index}", b"%d" % index)
    wanted = [f"k{index}" for index in range(2000)]
    assert len(disk.find(wanted)) == 20


def test_damaged_bytes_are_dropped_with_every_result_made_of_them(disk: DiskTier):
    put(disk, "a", b"same")
    put(disk, "b", b"same")
    put(disk, "c", b"other")
    for path in files(disk):
        if path.name == blob_name(b"same"):
            path.write_bytes(b"sane")
    with pytest.raises(Lost):
        disk.read(blob_name(b"same"))
    assert set(disk.find(["a", "b", "c"])) == {"c"}
    put(disk, "a", b"same")
    assert disk.read(blob_name(b"same")) == b"same"


def test_a_truncated_file_is_written_again(disk: DiskTier):
    put(disk, "a", b"same")
    files(disk)[0].write_bytes(b"sa")
    put(disk, "b", b"same")
    assert disk.read(blob_name(b"same")) == b"same"


def test_a_missing_file_is_lost(disk: DiskTier):
    put(disk, "a", b"x")
    files(disk)[0].unlink()
    with pytest.raises(Lost):
        disk.read(blob_name(b"x"))
    assert disk.find(["a"]) == {}


def test_the_cap_holds_and_the_cheapest_per_byte_goes_first(tmp_path: Path):
    disk = DiskTier(tmp_path, cap=10_000)
    put(disk, "dear", os.urandom(3000), seconds=100)
    put(disk, "cheap", os.urandom(3000), seconds=0.1)
    put(disk, "middle", os.urandom(3000), seconds=10)
    put(disk, "new", os.urandom(3000), seconds=1)
    assert set(disk.find(["dear", "cheap", "middle", "new"])) == {"dear", "middle", "new"}
    assert disk.size <= 10_000
    assert len(files(disk)) == 3
    assert sum(path.stat().st_size for path in files(disk)) <= 10_000


def test_replacing_a_key_lets_the_old_result_go(disk: DiskTier):
    put(disk, "a", b"old")
    put(disk, "a", b"new")
    assert [path.name for path in files(disk)] == [blob_name(b"new")]


def test_dropping_keeps_bytes_that_others_use(disk: DiskTier):
    first = put(disk, "a", b"same")
    second = put(disk, "b", b"same")
    disk.drop(first)
    assert disk.read(blob_name(b"same")) == b"same"
    disk.drop(second)
    assert files(disk) == []


def test_an_alias_leads_to_the_same_result(disk: DiskTier):
    number = put(disk, "a", b"x")
    disk.alias("b", number)
    disk.alias("c", 999)
    assert disk.find(["b", "c"]).keys() == {"b"}


def test_the_number_of_a_result_that_is_gone_leads_nowhere(disk: DiskTier):
    number = put(disk, "a", b"data")
    disk.drop(number)
    assert put(disk, "b", b"other") != number
    disk.alias("c", number)
    disk.drop(number)
    assert set(disk.find(["a", "b", "c"])) == {"b"}


def test_what_is_larger_than_the_cap_is_not_kept_and_costs_no_other(tmp_path: Path):
    disk = DiskTier(tmp_path, cap=2000)
    put(disk, "a", b"a" * 500)
    assert not put(disk, "large", b"b" * 3000)
    assert set(disk.find(["a", "large"])) == {"a"}
    assert len(files(disk)) == 1
    disk.pin("me", ["a"])
    assert not put(disk, "b", b"b" * 1900)
    assert set(disk.find(["a", "b"])) == {"a"}


def test_touched_results_stay_longer(tmp_path: Path):
    disk = DiskTier(tmp_path, cap=7000)
    used = put(disk, "used", os.urandom(3000), seconds=1.1)
    put(disk, "idle", os.urandom(3000), seconds=1.05)
    for index in range(5):
        disk.touch([used])
        put(disk, f"n{index}", os.urandom(3000))
    assert set(disk.find(["used", "idle", "n4"])) == {"used", "n4"}


def test_leftovers_of_a_crash_are_swept_when_old(disk: DiskTier):
    put(disk, "a", b"x")
    for name in ("old", "young"):
        path = disk.folder / "values" / "zz" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"left over")
    past = time.time() - 2 * YOUNG
    os.utime(disk.folder / "values" / "zz" / "old", (past, past))
    disk.sweep()
    assert sorted(path.name for path in files(disk)) == sorted([blob_name(b"x"), "young"])


@pytest.mark.parametrize("damage", [b"", b"this is no index at all", b"\0" * 5000])
def test_an_index_that_is_none_gives_way_and_that_is_told(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
):
    DiskTier(tmp_path).close()
    for path in tmp_path.glob("index*"):
        path.write_bytes(damage)
    disk = DiskTier(tmp_path)
    told = [record.getMessage() for record in caplog.records]
    assert bool(damage) == (told != []) and all("they begin empty" in line for line in told)
    assert disk.find(["a"]) == {}
    put(disk, "a", b"x")
    assert disk.read(blob_name(b"x")) == b"x"


def test_a_folder_that_cannot_be_used(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(CacheError, match="can't be used"):
        DiskTier(tmp_path / "file" / "cache")


def test_runs_and_file_hashes_are_kept(disk: DiskTier):
    disk.set_run("w", {"nodes": {"a": 1}})
    disk.set_run("w", {"nodes": {"a": 2}})
    disk.set_file_hashes({"/x": ((1, 2**60, 3), "b2")})
    other = DiskTier(disk.folder)
    assert other.run("w") == {"nodes": {"a": 2}}
    assert other.run("other") == {}
    assert other.file_hashes() == {"/x": ((1, 2**60, 3), "b2")}


def test_small_values_lie_in_the_index(disk: DiskTier, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engine.graph.disk.SMALL", 10)
    first = put(disk, "a", b"small")
    second = put(disk, "b", b"small")
    put(disk, "c", b"large enough for a file")
    assert [path.name for path in files(disk)] == [blob_name(b"large enough for a file")]
    disk.drop(first)
    assert DiskTier(disk.folder).read(blob_name(b"small")) == b"small"
    disk.drop(second)
    with pytest.raises(Lost):
        disk.read(blob_name(b"small"))


def test_damage_in_the_index_is_found(disk: DiskTier, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engine.graph.disk.SMALL", 10)
    put(disk, "a", b"small")
    with sqlite3.connect(disk.folder / f"index-{FORMAT}.sqlite") as index:
        index.execute("UPDATE parts SET data = ?", (b"smell",))
    with pytest.raises(Lost):
        disk.read(blob_name(b"small"))
    assert disk.find(["a"]) == {}


def test_a_result_whose_record_is_damaged_is_dropped_alone(disk: DiskTier):
    put(disk, "a", b"first")
    put(disk, "b", b"second")
    disk.set_run("w", {"nodes": {}})
    with sqlite3.connect(disk.folder / f"index-{FORMAT}.sqlite") as index:
        index.execute("UPDATE entries SET body = replace(body, 'blob', 'glob') WHERE id = 1")
        index.execute("UPDATE runs SET body = replace(body, 'nodes', 'codes')")
    assert set(disk.find(["a", "action a", "b"])) == {"b"}
    assert set(DiskTier(disk.folder).find(["a", "b"])) == {"b"}
    assert disk.run("w") == {}
    put(disk, "a", b"first")
    assert set(disk.find(["a", "b"])) == {"a", "b"}


def test_only_damage_is_taken_for_damage(disk: DiskTier):
    index = sqlite3.connect(disk.folder / f"index-{FORMAT}.sqlite")
    for harmless in ("INSERT INTO keys VALUES (NULL, NULL)", "INSERT INTO clock VALUES (NULL)"):
        with pytest.raises(sqlite3.IntegrityError) as constraint:
            index.execute(harmless)
        assert not is_damage(constraint.value)
    disk.close()
    with pytest.raises(sqlite3.Error) as closed:
        disk.find(["a"])
    assert not is_damage(closed.value)
    with pytest.raises(sqlite3.Error) as strange:
        index.execute("SELECT nothing FROM keys")
    assert is_damage(strange.value)


def test_pinned_results_stay(tmp_path: Path):
    disk = DiskTier(tmp_path, cap=7000)
    put(disk, "pinned", os.urandom(3000), seconds=0.001)
    disk.pin("w", ["pinned", "nothing"])
    for index in range(5):
        put(disk, f"n{index}", os.urandom(3000))
    assert set(disk.find(["pinned", "n3", "n4"])) == {"pinned", "n4"}
    assert DiskTier(tmp_path).pins() == {"w": {"pinned", "nothing"}}
    disk.pin("w", [])
    put(disk, "last", os.urandom(3000))
    assert set(disk.find(["pinned", "n4", "last"])) == {"n4", "last"}


def test_the_index_says_its_format(disk: DiskTier):
    assert (disk.folder / f"index-{FORMAT}.sqlite").exists()
