"""The command as people start it: a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / "workflows" / "text_to_image.json"
LIGHT_SECONDS = 0.5


@pytest.fixture
def environment(tiny_model: Path, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LOOM_CACHE": str(tmp_path / "cache"),
        "LOOM_MODELS": str(tiny_model.parent),
    }


def start(words: list[str], environment: dict[str, str], cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", *words],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has them ignore interrupts; these don't.
        preexec_fn=None if os.name == "nt" else allow_interrupts,
    )


def allow_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    "words",
    [
        ["nodes"],
        ["nodes", "image.save"],
        ["models"],
        ["check", str(WORKFLOW), "--set", "model.model=tiny"],
        ["plan", str(WORKFLOW), "--set", "model.model=tiny"],
    ],
    ids=lambda words: " ".join(words[:1]),
)
def test_looking_is_quick_and_imports_no_torch(words, environment, tmp_path: Path):
    program = (
        "import sys\n"
        "from app.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "heavy = ('torch', 'numpy', 'transformers', 'rich', 'diffusers', 'PySide6')\n"
        "print('heavy:', *[name for name in heavy if name in sys.modules])\n"
    )
    # As an installed program starts: modules are compiled once, not each time.
    environment["PYTHONPYCACHEPREFIX"] = str(tmp_path / "compiled")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    fastest = float("inf")
    for _ in range(5):
        before = os.times()
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        after = os.times()
        used = after.children_user + after.children_system
        used -= before.children_user + before.children_system
        fastest = min(fastest, used)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == "heavy:"
        if fastest < LIGHT_SECONDS:
            break
    assert fastest < LIGHT_SECONDS


@pytest.mark.slow
def test_a_run_and_a_second_one(environment, tmp_path: Path):
    words = ["run", str(WORKFLOW), "--set", "model.model=tiny", "--set", "denoise.steps=2"]
    first = start(words, environment, tmp_path)
    out, err = first.communicate(timeout=120)
    assert first.returncode == 0, err
    assert out.splitlines()[0].startswith("9 nodes run")
    again = start(words, environment, tmp_path)
    out_again, err_again = again.communicate(timeout=60)
    assert "0 nodes run, 9 cached" in out_again
    assert err_again == ""
    assert out_again.splitlines()[1] == out.splitlines()[1]


def test_an_error_is_one_line_on_stderr(environment, tmp_path: Path):
    words = ["run", str(WORKFLOW), "--set", "model.model=absent"]
    process = start(words, environment, tmp_path)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("error: model.model: There is no model called 'absent'")
    assert len(err.splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="there, interrupts go to whole consoles")
@pytest.mark.slow
def test_an_interrupt_stops_the_loop_and_keeps_what_finished(environment, tmp_path: Path):
    words = ["run", str(WORKFLOW), "--set", "model.model=tiny"]
    process = start([*words, "--set", "denoise.steps=1000"], environment, tmp_path)
    assert process.stderr and process.stdout
    for line in process.stderr:
        if line.startswith("denoise: "):
            break
    process.send_signal(signal.SIGINT)
    out = process.stdout.read()
    assert process.wait(timeout=60) == 130
    assert "Traceback" not in process.stderr.read()
    assert out.startswith("Interrupted: ")
    assert not (tmp_path / "outputs").exists()
    again = start([*words, "--set", "denoise.steps=2"], environment, tmp_path)
    out, _ = again.communicate(timeout=120)
    assert out.startswith("3 nodes run, 6 cached")
