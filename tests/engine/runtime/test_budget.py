import pytest

from engine.graph.errors import LoomError
from engine.runtime import budget
from engine.runtime.budget import Budget, in_words, parse_size, pick_budget, usable_ram

GB = 1 << 30


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("6GB", 6 * GB),
        ("6g", 6 * GB),
        ("1.5 GiB", GB * 3 // 2),
        ("512MB", GB // 2),
        ("64k", 1 << 16),
        ("1000", 1000),
    ],
)
def test_sizes_as_people_write_them(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "6 XB", "-1GB", "0", "1e9"])
def test_what_is_no_size_is_refused_by_name(text):
    with pytest.raises(LoomError, match=r"--vram is .*\. Give a size like 6GB"):
        parse_size(text, "--vram")


def test_what_is_said_comes_before_what_the_variables_say(monkeypatch):
    assert pick_budget() == Budget()
    monkeypatch.setenv("LOOM_VRAM", "8GB")
    monkeypatch.setenv("LOOM_RAM", "12GB")
    assert pick_budget() == Budget(8 * GB, 12 * GB)
    assert pick_budget(vram="6GB") == Budget(6 * GB, 12 * GB)
    assert pick_budget("6GB", "1GB").words() == "vram 6 GB, ram 1 GB"
    assert Budget().words() == ""
    monkeypatch.setenv("LOOM_RAM", "lots")
    with pytest.raises(LoomError, match="LOOM_RAM is 'lots'"):
        pick_budget()


def test_the_least_limit_counts(monkeypatch):
    monkeypatch.setattr(budget, "_physical", lambda: 10 * GB)
    monkeypatch.setattr(budget, "_of_container", lambda: 5 * GB)
    assert usable_ram() == 4 * GB
    monkeypatch.setattr(budget, "_of_container", lambda: 0)
    assert usable_ram() == 8 * GB
    monkeypatch.setattr(budget, "_physical", lambda: 0)
    assert usable_ram() == 16 * GB


def test_bytes_for_people():
    assert [in_words(n) for n in (6 * GB, GB * 59 // 10, 120 << 20, 3 << 10)] == [
        *("6 GB", "5.9 GB", "120 MB", "3 KB")
    ]
