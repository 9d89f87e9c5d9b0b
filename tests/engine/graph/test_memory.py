import random

from engine.graph.memory import OVERHEAD, MemoryTier


def tier(entries: int, size: int = 100) -> MemoryTier:
    return MemoryTier(entries * (size + OVERHEAD))


def test_what_is_cheap_to_make_again_goes_first():
    memory = tier(2)
    memory.put("dear", {}, 100, seconds=10)
    memory.put("cheap", {}, 100, seconds=0.1)
    memory.put("middle", {}, 100, seconds=1)
    assert "dear" in memory and "middle" in memory and "cheap" not in memory


def test_worth_is_per_byte():
    memory = MemoryTier(4000)
    memory.put("large", {}, 2500, seconds=2)
    memory.put("small", {}, 100, seconds=1)
    memory.put("new", {}, 1000, seconds=1)
    assert "large" not in memory and "small" in memory


def test_what_is_not_used_grows_old():
    memory = tier(2)
    memory.put("once dear", {}, 100, seconds=5)
    for index in range(200):
        memory.put(f"n{index}", {}, 100, seconds=1)
        memory.put(f"m{index}", {}, 100, seconds=1)
    assert "once dear" not in memory


def test_use_keeps_an_entry():
    memory = tier(2)
    memory.put("kept", {"a": 1}, 100, seconds=1)
    for index in range(50):
        assert memory.get("kept") == {"a": 1}
        memory.put(f"n{index}", {}, 100, seconds=0.9)
    assert "kept" in memory


def test_too_large_is_not_held_and_evicts_nothing():
    memory = tier(1)
    memory.put("a", {}, 100, seconds=1)
    memory.put("big", {}, 10_000, seconds=100)
    assert "a" in memory and "big" not in memory


def test_the_budget_holds_whatever_comes():
    rng = random.Random(0)
    memory = MemoryTier(50_000)
    for _ in range(3000):
        name = f"n{rng.randint(0, 200)}"
        action = rng.random()
        if action < 0.6:
            memory.put(name, {"v": name}, rng.randint(0, 20_000), rng.random())
        elif action < 0.9:
            found = memory.get(name)
            assert found is None or found == {"v": name}
        else:
            memory.drop(name)
        assert 0 <= memory.size <= memory.budget
    memory_names = [f"n{index}" for index in range(201)]
    for name in memory_names:
        memory.drop(name)
    assert memory.size == 0 and len(memory) == 0
