"""The set-up never pulls CUDA libraries onto a machine without an NVIDIA card."""

import importlib.util
import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / ".ci" / "prepare.py"
PLAIN = ["filelock", "sympy>=1.13.3"]
CUDA = [*PLAIN, "nvidia-cudnn-cu13==9.1; platform_system == 'Linux'"]


class Machine:
    """Stands in for the shell: records the commands, and answers as such a machine would."""

    def __init__(self, card: bool, offers: list[str], torch: bool = False, uv: bool = True):
        self.card, self.offers, self.torch, self.uv = card, offers, torch, uv
        self.commands: list[str] = []

    def __call__(self, command, **_):
        line = " ".join(command)
        self.commands.append(line)
        code, out = 0, ""
        if "import torch" in line:
            code = 0 if self.torch else 1
        elif "nvidia-smi" in line:
            code = 0 if self.card else 1
        elif "--dry-run" in line:
            out = json.dumps({"install": [{"metadata": {"requires_dist": self.offers}}]})
        elif "-m uv" in line:
            code = 0 if self.uv else 2
        return SimpleNamespace(returncode=code, stdout=out, stderr="")

    @property
    def installs(self) -> list[str]:
        """The commands that put torch in, from the first word after `install` that matters."""
        kept = (c for c in self.commands if "torch==" in c and "--dry-run" not in c)
        return ["uv" if "-m uv" in c else "index" if "--index-url" in c else "pip" for c in kept]


@pytest.fixture
def on(monkeypatch):
    """A function that runs the torch step on a machine and returns what happened."""

    def install(machine: Machine, index: str = "", system: str = "linux") -> Machine:
        spec = importlib.util.spec_from_file_location("prepare", SCRIPT)
        assert spec and spec.loader
        prepare = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(prepare)
        monkeypatch.setattr(subprocess, "run", machine)
        monkeypatch.setattr(prepare.sys, "platform", system)
        monkeypatch.setattr(prepare.shutil, "which", lambda name: f"/usr/bin/{name}")
        monkeypatch.setenv("TORCH_INDEX", index)
        machine.error = prepare.SetupError  # type: ignore[attr-defined]
        prepare.install_torch()
        return machine

    return install


def test_a_cpu_build_on_offer_is_taken_as_it_is(on):
    assert on(Machine(card=False, offers=PLAIN)).installs == ["pip"]


def test_where_only_cuda_builds_are_on_offer_uv_fetches_the_cpu_build_first(on):
    machine = on(Machine(card=False, offers=CUDA))
    assert machine.installs == ["uv", "pip"]
    assert any("--torch-backend cpu" in c and "--no-deps" in c for c in machine.commands)


def test_when_that_fails_nothing_is_pulled_and_the_way_out_is_named(on):
    machine = Machine(card=False, offers=CUDA, uv=False)
    with pytest.raises(Exception, match="Set TORCH_INDEX"):
        on(machine)
    assert "pip" not in machine.installs


def test_a_machine_with_a_card_takes_the_cuda_build(on):
    assert on(Machine(card=True, offers=CUDA)).installs == ["pip"]


def test_a_mac_takes_what_there_is(on):
    assert on(Machine(card=False, offers=CUDA), system="darwin").installs == ["pip"]


def test_an_index_that_was_named_comes_first(on):
    machine = on(Machine(card=False, offers=CUDA), index="https://example.invalid/cpu")
    assert machine.installs == ["index", "pip"]


def test_what_is_there_is_left_alone(on):
    assert on(Machine(card=False, offers=CUDA, torch=True)).installs == []


def test_torch_is_pinned_exactly():
    lines = (SCRIPT.parent.parent / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert "torch==2.13.0" in pins
    assert all("==" in pin for pin in pins)
    assert not any("nvidia" in pin for pin in pins)
