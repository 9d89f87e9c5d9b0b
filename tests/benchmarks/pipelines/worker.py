"""One side of a measurement: a process that does named tasks when it is told to.

    worker.py ours|theirs FOLDER DEVICE DTYPE

Each line of standard input is a JSON object: a `task`, its `settings`, and perhaps `save`, a file
for the tensor that comes out. Each answer is a line of JSON: `seconds`, and `peak`, the most bytes
that were resident so far, or on a GPU allocated; and what the task itself has to say, if it is a
dictionary. What a task needs is made at its first call.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

# Where other programs want the processor too, seconds that were worked say more than those waited.
clock = time.process_time if os.environ.get("LOOM_BENCH_CLOCK") == "worked" else time.perf_counter


def main(who: str, folder: str, device: str, dtype: str) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    side = side_of(who, Path(folder), device, dtype)
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        act = getattr(side, order["task"])(**order["settings"])
        wait(device)
        began = clock()
        found = act()
        wait(device)
        seconds = clock() - began
        if order.get("save"):
            import torch

            torch.save(found.float().cpu(), order["save"])
        answer = {"seconds": seconds, "peak": peak(device)}
        answer |= found if isinstance(found, dict) else {}
        print(json.dumps(answer), file=answers, flush=True)


def side_of(who: str, folder: Path, device: str, dtype: str) -> Any:
    """The tasks of one side; ours begins as our programs do."""
    if who == "theirs":
        from tests.benchmarks.pipelines.theirs import Theirs

        return Theirs(folder, device, dtype)
    os.environ["LOOM_DEVICE"], os.environ["LOOM_DTYPE"] = device, dtype
    from engine.runtime.allocator import keep_freed_memory

    keep_freed_memory()
    from tests.benchmarks.pipelines.ours import Ours

    return Ours(folder)


def wait(device: str) -> None:
    """Until the device has done all that it was given."""
    if device == "cuda":
        import torch

        torch.cuda.synchronize()


def peak(device: str) -> int:
    """The most memory so far, in bytes."""
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated()
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main(*sys.argv[1:])
