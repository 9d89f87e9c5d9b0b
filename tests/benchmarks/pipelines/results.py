"""What was measured: rows in a JSON file, and tables of them in BENCHMARKS.md."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[3]
FILE = Path(__file__).with_name("results.json")
PAGE = ROOT / "BENCHMARKS.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
COLUMNS = ("what", "ours", "theirs", "ratio", "ratio of the best", "aim", "difference")


@dataclass(frozen=True)
class Row:
    """One line of a table: medians, and the least of each side, in `unit`.

    `aim` is what the ratio should be at most, `difference` how far the results are apart.
    """

    table: str
    what: str
    ours: float
    theirs: float | None = None
    unit: str = "s"
    ours_least: float | None = None
    theirs_least: float | None = None
    aim: float | None = None
    difference: float | None = None
    note: str = ""
    machine: dict[str, str] = field(default_factory=lambda: machine())

    @property
    def ratio(self) -> float | None:
        return self.ours / self.theirs if self.theirs else None

    @property
    def best(self) -> float | None:
        return (
            self.ours_least / self.theirs_least if self.ours_least and self.theirs_least else None
        )

    def cells(self) -> tuple[str, ...]:
        """The line as text."""
        return (
            self.what + (f" ({self.note})" if self.note else ""),
            _amount(self.ours, self.unit),
            _amount(self.theirs, self.unit),
            _number(self.ratio),
            _number(self.best),
            "" if self.aim is None else f"≤ {self.aim:g}",
            "" if self.difference is None else f"{self.difference:.1e}",
        )


def machine() -> dict[str, str]:
    """What measured: never a name or a place."""
    found = {
        "cores": str(torch.get_num_threads()),
        "instructions": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
        + (" with bfloat16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else ""),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    if os.environ.get("LOOM_BENCH_CLOCK") == "worked":
        found["seconds"] = "worked, of all threads together (other programs ran too)"
    try:
        import diffusers

        found["diffusers"] = diffusers.__version__
    except ImportError:
        pass
    return found


def keep(rows: Iterable[Row]) -> None:
    """Put rows in the file, in the place of those of the same name, and write the page."""
    kept = {(row.table, row.what): row for row in read()}
    kept |= {(row.table, row.what): row for row in rows}
    text = json.dumps([asdict(row) for row in kept.values()], indent=1, ensure_ascii=False)
    FILE.write_text(text + "\n", encoding="utf-8")
    write_page(list(kept.values()))


def read() -> list[Row]:
    """The rows that are kept."""
    if not FILE.exists():
        return []
    return [Row(**row) for row in json.loads(FILE.read_text(encoding="utf-8"))]


def write_page(rows: list[Row]) -> None:
    """The tables, between the marks in the page."""
    page = PAGE.read_text(encoding="utf-8")
    tables = "\n\n".join(_table(name, rows) for name in dict.fromkeys(row.table for row in rows))
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    text = pattern.sub(lambda _: f"{BEGIN}\n\n{tables}\n\n{END}", page)
    PAGE.write_text(text, encoding="utf-8")


def _table(name: str, rows: list[Row]) -> str:
    here = [row for row in rows if row.table == name]
    machines = dict.fromkeys(", ".join(f"{k} {v}" for k, v in row.machine.items()) for row in here)
    lines = [f"### {name}", "", *(f"Measured on: {found}." for found in machines), ""]
    lines += ["| " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * (len(COLUMNS) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row.cells()) + " |" for row in here)])


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
