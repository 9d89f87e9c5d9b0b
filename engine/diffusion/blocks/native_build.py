"""Attention kernels in C, compiled for this processor when they are first asked for.

Nothing here imports torch: whether there are kernels is part of the numeric environment.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from engine.graph.errors import LoomError

SOURCE = Path(__file__).with_name("native_attention.c")
FLAGS = ("-O3", "-march=native", "-fopenmp", "-fPIC")
COMPILERS = ("cc", "gcc", "clang")
NEEDED = {"avx512f", "avx512bw", "avx512dq", "avx512vl"}
# The heads of most models; whether these compile stands for all.
USUAL = 64


@cache
def available(bfloat16: bool) -> bool:
    """Whether there are kernels here: Linux, AVX-512 with these numbers, and a C compiler.

    The first call on a machine compiles one, which takes a second.
    """
    needed = NEEDED | ({"avx512_bf16"} if bfloat16 else set())
    if sys.platform != "linux" or platform.machine() != "x86_64" or not needed <= _features():
        return False
    try:
        build(USUAL, bfloat16)
    except LoomError:
        return False
    return True


@cache
def build(head_dim: int, bfloat16: bool) -> Path:
    """The shared library of the kernel for heads of one width.

    It has a function `attention`, and leaves OpenMP to torch's own. Raises LoomError where there is
    no compiler, or it can't compile this.
    """
    flags = (*FLAGS, f"-DD={head_dim}", *(["-DBF16"] if bfloat16 else []))
    compiler = _compiler()
    told = f"{SOURCE.read_text()} {compiler} {flags} {sorted(_features())}"
    name = hashlib.blake2b(told.encode(), digest_size=12).hexdigest()
    library = user_cache_path("latent-loom") / "kernels" / f"attention-{head_dim}-{name}.so"
    if not library.exists():
        library.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as folder:
            made, linked = Path(folder) / "made.o", Path(folder) / "linked.so"
            _run([*compiler, *flags, "-c", str(SOURCE), "-o", str(made)])
            _run([*compiler, "-shared", str(made), "-o", str(linked)])
            linked.replace(library)  # another process may do the same
    return library


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[0]
        raise LoomError(
            f"The attention kernel can't be compiled: {reason}", remedy="Choose sdpa attention."
        )


def _compiler() -> list[str]:
    named = shlex.split(os.environ.get("CC", ""))
    found = named or next(([name] for name in COMPILERS if shutil.which(name)), [])
    if not found:
        raise LoomError(
            "There is no C compiler for the attention kernel.",
            remedy="Install gcc or clang, or choose sdpa attention.",
        )
    return found


@cache
def _features() -> frozenset[str]:
    """What the processor can do, as Linux names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())
