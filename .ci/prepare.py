"""Sets up `.venv` in this checkout: `prepare.py run` for a headless run, `gui` for the editor too,
`dev` for all.

Needs Python 3.11 with pip and nothing else. Every version comes from constraints.txt. Torch is
installed first and apart: on Linux most indexes offer it with several gigabytes of CUDA libraries,
and on a machine with no NVIDIA card those are never downloaded.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CONSTRAINTS = ROOT / "constraints.txt"

# What Qt's windows need on a bare Debian: the libraries, and a virtual screen to show them on.
DEBIAN_PACKAGES = [
    *("libglib2.0-0", "libgl1", "libegl1", "libfontconfig1", "libxkbcommon0", "libdbus-1-3"),
    *("xvfb", "xauth", "xdotool", "libxcb-cursor0", "libxcb-icccm4", "libxcb-keysyms1"),
    *("libxcb-shape0", "libxcb-xkb1", "libxkbcommon-x11-0"),
]


class SetupError(Exception):
    """Something the person at the terminal has to decide or provide."""


def main(stage: str) -> None:
    """Bring `.venv` to `stage`: "run", "gui" or "dev", each of which includes the one before."""
    if sys.version_info < (3, 11):  # noqa: UP036 — any Python may be called here
        found = ".".join(map(str, sys.version_info[:3]))
        raise SetupError(
            f"Latent Loom needs Python 3.11 or newer, and `{sys.executable}` is {found}. "
            "Name another one: make PYTHON=/path/to/python3.12"
        )
    make_venv()
    install_torch()
    say("installing the rest")
    pip("hatchling", "editables", quiet=True)  # what building this package itself needs
    extras = {"gui": "[gui]", "dev": "[dev,gui]"}.get(stage, "")
    pip("--no-build-isolation", "-e", f"{ROOT}{extras}", quiet=True)
    if stage == "dev":
        add_virtual_screen()


def make_venv() -> None:
    """Create `.venv` with the pinned pip in it; one that is there already is kept."""
    if not PYTHON.exists():
        say(f"creating .venv with Python {sys.version_info[0]}.{sys.version_info[1]}")
        # Debian's python3 comes without ensurepip, so pip is put in from outside.
        run(sys.executable, "-m", "venv", "--without-pip", str(VENV))
    has_pip = succeeds(str(PYTHON), "-m", "pip", "--version")
    if not has_pip and not succeeds(str(PYTHON), "-m", "ensurepip", "--default-pip"):
        run(sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "-q", "pip")
    pip("--upgrade", "pip", quiet=True)


def install_torch() -> None:
    """Install the pinned torch in the build for this machine: for its card, or CPU only."""
    lines = CONSTRAINTS.read_text().splitlines()
    wanted = next(line.strip() for line in lines if line.startswith("torch=="))
    version = wanted.partition("==")[2]
    probe = f"import torch; assert torch.__version__.split('+')[0] == '{version}'"
    if succeeds(str(PYTHON), "-c", probe):
        return
    say("installing torch into .venv (a few minutes the first time)")
    index = os.environ.get("TORCH_INDEX", "").strip()
    if index:
        # Torch's own index has torch in one build; what torch needs comes from the usual one.
        pip("--index-url", index, "--no-deps", wanted)
    elif not has_nvidia_card() and needs_cuda(wanted):
        # uv knows where torch's CPU builds are kept.
        pip("uv", quiet=True)
        uv = [str(PYTHON), "-m", "uv", "pip", "install", "--python", str(PYTHON), "--no-deps"]
        if subprocess.run([*uv, "--torch-backend", "cpu", wanted]).returncode:
            raise SetupError(
                "This machine has no NVIDIA card, and the package index offers torch only with "
                "gigabytes of CUDA libraries, which were not downloaded. Set TORCH_INDEX to the "
                "index address that pytorch.org shows under Get Started for pip and CPU: "
                "make demo TORCH_INDEX=<address>"
            )
    pip(wanted)  # with what torch needs; torch itself where it is not there yet


def has_nvidia_card() -> bool:
    """Whether NVIDIA's driver is installed and sees a card."""
    return shutil.which("nvidia-smi") is not None and succeeds("nvidia-smi", "-L")


def needs_cuda(requirement: str) -> bool:
    """Whether the torch pip would choose here asks for NVIDIA's packages; reads only metadata."""
    if sys.platform != "linux":
        return False
    command = [
        *pip_install(),
        "--dry-run",
        "--quiet",
        "--no-deps",
        "--ignore-installed",
        "--report",
        "-",
    ]
    done = subprocess.run([*command, requirement], capture_output=True, text=True)
    if done.returncode:
        raise SetupError(f"pip found no {requirement}: {done.stderr.strip().splitlines()[-1]}")
    needs = json.loads(done.stdout)["install"][0]["metadata"].get("requires_dist", [])
    return any(
        need.lower().startswith(("nvidia-", "cuda-")) and "extra ==" not in need for need in needs
    )


def add_virtual_screen() -> None:
    """On Debian, as root, add what tests with real windows need; otherwise say what is missing."""
    if shutil.which("dpkg-query") is None:
        return
    missing = [name for name in DEBIAN_PACKAGES if not installed_by_debian(name)]
    if not missing:
        return
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing Debian's packages for a virtual screen")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        for command in (["apt-get", "update", "-qq"], install):
            subprocess.run(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        missing = [name for name in missing if not installed_by_debian(name)]
    if missing:
        say(
            "tests that open a window on a screen will be skipped; to run them: "
            f"sudo apt-get install {' '.join(missing)}"
        )


def installed_by_debian(package: str) -> bool:
    """Whether dpkg has `package` fully installed."""
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True).stdout.strip() == "installed"


def pip_install() -> list[str]:
    return [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "-c",
        str(CONSTRAINTS),
    ]


def pip(*arguments: str, quiet: bool = False) -> None:
    run(*pip_install(), *(["-qq"] if quiet else []), *arguments)


def run(*command: str) -> None:
    if subprocess.run(command).returncode:
        raise SetupError(f"This step failed, its own message is above: {' '.join(command)}")


def succeeds(*command: str) -> bool:
    return (
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
        == 0
    )


def say(text: str) -> None:
    print(f"latent-loom: {text}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["gui"], ["dev"]):
        sys.exit("usage: python3 .ci/prepare.py run|gui|dev")
    try:
        main(sys.argv[1])
    except SetupError as error:
        sys.exit(f"latent-loom: {error}")
