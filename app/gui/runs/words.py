"""Times and states in words, as the panels of runs say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.gui.language import tr


@dataclass(frozen=True)
class Sign:
    """How a state is shown: an icon, and the role of its colour in the theme."""

    icon: str
    colour: str


SIGNS: Mapping[str, Sign] = {
    "queued": Sign("waiting", "dim"),
    "running": Sign("running", "accent"),
    "done": Sign("done", "good"),
    "failed": Sign("error", "error"),
    "cancelled": Sign("stop", "dim"),
}


def state(name: str) -> str:
    """A state of a job in words."""
    return {
        "queued": tr("waiting"),
        "running": tr("running"),
        "done": tr("done"),
        "failed": tr("failed"),
        "cancelled": tr("cancelled"),
    }.get(name, name)


def time(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 9.95:
        return tr("{} s").format(f"{seconds:.1f}")
    whole = round(seconds)
    if whole < 60:
        return tr("{} s").format(whole)
    if whole < 3600:
        return tr("{} min {} s").format(whole // 60, f"{whole % 60:02d}")
    return tr("{} h {} min").format(whole // 3600, f"{whole % 3600 // 60:02d}")


def count(number: int, one: str, many: str) -> str:
    """`one` or `many`, whose `{}` is the number."""
    return (one if number == 1 else many).format(number)
