import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from engine.runtime import attention_choice
from engine.runtime.attention_choice import candidates, fastest, measure, winner
from engine.runtime.attention_measurement import LAYERS, Layer
from engine.runtime.attention_measurement import measure as measure_here


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """What is measured, to be set, and how often it was; on a machine that remembers nothing."""

    class Measured:
        def __init__(self):
            self.seconds = {"sdpa": 2.0, "native": 1.0}
            self.calls = 0
            self.folder = tmp_path / "attention"

        def __call__(self, device, dtype, names):
            self.calls += 1
            self.device, self.dtype, self.names = device, dtype, names
            return dict(self.seconds)

    made = Measured()
    monkeypatch.setattr(attention_choice, "measure", made)
    monkeypatch.setattr(attention_choice, "user_cache_path", lambda name: tmp_path)
    monkeypatch.setattr(attention_choice, "_answers", {})
    versions = {"sdpa": "2.13", "native": "kernel-1"}
    monkeypatch.setattr(attention_choice, "candidates", lambda device, dtype: versions)
    return made


def again() -> None:
    """As a new process."""
    attention_choice._answers.clear()


def test_it_is_measured_once_and_remembered(measured, caplog):
    assert fastest("cpu", "float32") == "native"
    assert caplog.messages == [
        "Finding out which attention is the fastest here; it will be remembered."
    ]
    assert (measured.device, measured.dtype, measured.names) == (
        "cpu",
        "float32",
        ["sdpa", "native"],
    )
    again()
    measured.seconds = {"sdpa": 1.0, "native": 2.0}
    assert fastest("cpu", "float32") == "native"
    assert measured.calls == 1
    assert fastest("cpu", "bfloat16") == "sdpa"
    assert measured.calls == 2 and len(list(measured.folder.iterdir())) == 2


def test_a_process_keeps_its_answer_whatever_others_write(measured):
    assert fastest("cpu", "float32") == "native"
    for file in measured.folder.iterdir():
        file.write_text(json.dumps({"seconds": {"sdpa": 1.0, "native": 5.0}}))
    assert fastest("cpu", "float32") == "native"
    again()
    assert fastest("cpu", "float32") == "sdpa" and measured.calls == 1


@pytest.mark.parametrize(
    ("native", "best"), [(0.5, "native"), (0.95, "native"), (0.96, "sdpa"), (2.0, "sdpa")]
)
def test_another_must_be_faster_by_a_margin(native, best):
    assert winner({"sdpa": 1.0, "native": native}) == best
    assert winner({"sdpa": 1.0, "slow": 3.0, "native": native}) == best


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"seconds": {"native": 1.0}}',
        b'{"seconds": {"sdpa": 1.0, "flash": 0.1}}',
        b'{"seconds": {"sdpa": 1.0, "native": -1.0}}',
        b'{"seconds": {"sdpa": 1.0, "native": NaN}}',
        b'{"seconds": {"sdpa": true, "native": 0.5}}',
        b'{"seconds": 3}',
    ],
)
def test_a_file_that_is_of_no_use_is_measured_anew(measured, content):
    fastest("cpu", "float32")
    (file,) = measured.folder.iterdir()
    file.write_bytes(content)
    again()
    assert fastest("cpu", "float32") == "native" and measured.calls == 2
    again()
    assert fastest("cpu", "float32") == "native" and measured.calls == 2


def test_another_machine_or_library_is_measured_anew(measured, monkeypatch):
    fastest("cpu", "float32")
    changes = [
        ("OMP_NUM_THREADS", "63"),
        ("_hardware", lambda device: "another processor"),
        ("candidates", lambda device, dtype: {"sdpa": "2.14", "native": "kernel-1"}),
        ("candidates", lambda device, dtype: {"sdpa": "2.14", "native": "kernel-2"}),
    ]
    for calls, (name, value) in enumerate(changes, start=2):
        if isinstance(value, str):
            monkeypatch.setenv(name, value)
        else:
            monkeypatch.setattr(attention_choice, name, value)
        again()
        fastest("cpu", "float32")
        assert measured.calls == calls


def test_with_one_candidate_nothing_is_measured(measured, monkeypatch):
    monkeypatch.setattr(attention_choice, "candidates", lambda device, dtype: {"sdpa": "2.13"})
    assert fastest("cpu", "float64") == "sdpa"
    assert measured.calls == 0 and not measured.folder.exists()


def test_what_could_not_be_measured_is_torchs_own_and_not_remembered(measured):
    measured.seconds = {}
    assert fastest("cpu", "float32") == "sdpa" == fastest("cpu", "float32")
    assert measured.calls == 1 and not measured.folder.exists()
    again()
    measured.seconds = {"sdpa": 2.0, "native": 1.0}
    assert fastest("cpu", "float32") == "native"


def test_a_folder_that_cannot_be_written_to(measured, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(attention_choice, "user_cache_path", lambda name: tmp_path / "file")
    assert fastest("cpu", "float32") == "native"


def test_threads_that_ask_at_once_get_one_answer(measured):
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(fastest("cpu", "float32"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["native"] * 8 and measured.calls == 1


def test_the_candidates_of_each_device(monkeypatch):
    monkeypatch.setattr(attention_choice, "torch_version", lambda: "2.13")
    monkeypatch.setattr(attention_choice, "build", lambda width, bfloat16: Path("kernel.so"))
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.1")
    for there in (True, False):
        monkeypatch.setattr(attention_choice, "available", lambda bfloat16, there=there: there)
        spec = object() if there else None
        monkeypatch.setattr(
            attention_choice.importlib.util, "find_spec", lambda name, spec=spec: spec
        )
        native = {"native": "kernel"} if there else {}
        assert candidates("cpu", "float32") == {"sdpa": "2.13", **native}
        assert candidates("cpu", "bfloat16") == {"sdpa": "2.13", **native}
        xformers = {"xformers": "0.1"} if there else {}
        assert candidates("cuda", "float16") == {"sdpa": "2.13", **xformers}
        assert candidates("mps", "float32") == {"sdpa": "2.13"}


def test_turns_are_counted_by_layers_and_heads_and_the_best_counts():
    times = iter(range(10**6))
    ticks = [0.0]

    def clock() -> float:
        ticks[0] += next(times)  # each turn is slower than the one before it
        return ticks[0]

    layers = [Layer(4, 4, 6, 16, 5)]
    found = measure_here("cpu", torch.float32, ["sdpa", "sliced:1"], layers, clock)
    # Two looks at the clock a turn, the second the duration; the first turn of each is to warm up.
    assert found == {"sdpa": 5 * 5 * 6 / 2, "sliced:1": 7 * 5 * 6 / 2}


def test_a_backend_that_fails_is_left_out():
    found = measure_here("cpu", torch.float32, ["sdpa", "xformers"], [Layer(4, 4, 1, 16, 1)])
    assert list(found) == ["sdpa"] and found["sdpa"] > 0


def test_the_layers_are_those_of_the_models():
    self_attention = {(a.queries, a.width) for a in LAYERS if a.queries == a.keys}
    assert self_attention == {(4096, 40), (1024, 80), (256, 160), (4096, 64), (1024, 64)}
    assert {(a.queries, a.width) for a in LAYERS if a.keys == 77} == self_attention


def test_a_process_of_its_own_measures(monkeypatch, tmp_path):
    """Over a few layers."""
    program = tmp_path / "few.py"
    program.write_text(
        "import sys\n"
        "from engine.runtime import attention_measurement as here\n"
        "here.LAYERS, here.TURNS = here.LAYERS[4:6], 1\n"
        "here.main(*sys.argv[1:])\n"
    )
    monkeypatch.setattr(attention_choice, "MODULE", "few")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = measure("cpu", "float32", ["sdpa", "sliced:64"])
    assert list(found) == ["sdpa", "sliced:64"] and min(found.values()) > 0
    monkeypatch.setattr(attention_choice, "MODULE", "there_is_no_such_module")
    assert measure("cpu", "float32", ["sdpa", "native"]) == {}


def test_the_one_that_asks_imports_no_torch(tmp_path):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from engine.runtime import attention_choice as choice\n"
        f"choice.user_cache_path = lambda name: Path({str(tmp_path)!r})\n"
        "choice.candidates = lambda device, dtype: {'sdpa': '', 'sliced:64': ''}\n"
        "choice.MODULE = 'platform'  # a program that answers with no JSON\n"
        "print(choice.fastest('cpu', 'float32'), 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["sdpa", "False"], done.stderr
