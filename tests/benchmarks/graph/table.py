"""What benchmarks measured, as a table."""

from __future__ import annotations


class Table:
    """Rows of what was measured beside what is allowed."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str]] = []

    def add(self, what: str, seconds: float, limit: float | None = None) -> None:
        """A row; AssertionError when the measure is over its limit."""
        self.rows.append((what, _shown(seconds), "" if limit is None else f"< {_shown(limit)}"))
        assert limit is None or seconds < limit, f"{what}: {_shown(seconds)}"

    def text(self) -> str:
        """The rows in columns."""
        rows = [("measured", "is", "budget"), *self.rows]
        first, second, third = (max(len(row[place]) for row in rows) for place in range(3))
        return "\n".join(f"{a:<{first}}  {b:>{second}}  {c:>{third}}" for a, b, c in rows)


def _shown(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds / 1e-6:.1f} µs"
