"""Which nodes of a workflow stand for a node that was written out to run."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=100_000)
def told(flat_id: str) -> tuple[str, ...]:
    """The node itself as people see it, and the instances and zones that it is in.

    `fix/loop#3/step@guidance=7.5` is `fix/step`, in the zone `fix/loop`, in the instance `fix`.
    """
    *outer, last = flat_id.partition("@")[0].split("/")
    found: list[str] = []
    inside = ""
    for part in outer:
        name, mark, _ = part.partition("#")
        found.append(inside + name)
        if not mark:
            inside += f"{name}/"
    found.append(inside + last.partition("#")[0])
    return tuple(reversed(found))
