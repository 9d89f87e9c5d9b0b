import subprocess
import sys

import pytest

CODE = """
import resource, threading
from engine.runtime.allocator import give_back, keep_freed_memory
possible = keep_freed_memory()
import torch

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def work():
    for _ in range(2):
        torch.zeros(16 << 20)
    before = faults()
    for _ in range(10):
        torch.zeros(16 << 20)
    found.append(faults() - before)

found = []
work()
thread = threading.Thread(target=work)
thread.start()
thread.join()
give_back()
print(possible, max(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="for glibc")
def test_freed_memory_is_used_again_in_every_thread():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    possible, faults = done.stdout.split()
    if possible == "False":
        pytest.skip("another C library")
    assert int(faults) < 20_000  # ten times 16,384 pages otherwise
