from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.benchmarks.graph.table import Table


@pytest.fixture(scope="module")
def table() -> Generator[Table]:
    found = Table()
    yield found
    print(f"\n\n{found.text()}")
