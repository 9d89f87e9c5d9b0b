"""A process that answers each line of JSON with another."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Answering:
    """A Python program that says `{}` when it is ready, and then answers what it is asked."""

    def __init__(self, program: Path, *arguments: object, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, program, *map(str, arguments)],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def ask(self, order: object) -> dict[str, Any]:
        """The answer to an order."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "a process ended; what it said is above"
        return json.loads(line)
