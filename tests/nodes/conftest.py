from pathlib import Path

import pytest

from nodes.load import Pipeline, pipeline


@pytest.fixture(scope="session")
def parts(tiny_model: Path) -> Pipeline:
    return pipeline(tiny_model)
