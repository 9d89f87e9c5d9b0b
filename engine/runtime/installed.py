"""What the installed torch says of itself, read without importing it."""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path


def torch_version() -> str:
    """The installed torch's version, "" where there is none."""
    found = re.search(r"^__version__\b[^=]*=\s*['\"]([^'\"]+)", _torch_build(), re.MULTILINE)
    return found[1] if found else ""


def torch_has_cuda() -> bool:
    """Whether the installed torch is a CUDA build."""
    return re.search(r"^cuda\b[^=]*=\s*['\"]", _torch_build(), re.MULTILINE) is not None


@functools.cache
def _torch_build() -> str:
    """Torch's version file, "" where there is none."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return ""
    try:
        return (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return ""
