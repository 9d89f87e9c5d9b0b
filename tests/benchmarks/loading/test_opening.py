"""How long it takes to open and hash a model, load a small one, and import what that needs."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.handles import open_pipeline
from engine.diffusion.weights.hashing import StoredHashes, component_hash
from engine.diffusion.weights.headers import read_header
from engine.diffusion.weights.load import load_component

pytestmark = pytest.mark.bench
REPEATS = 7


def median_ms(work) -> float:
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return 1e3 * sorted(seconds)[REPEATS // 2]


def test_opening_and_loading(tiny_model, tmp_path):
    unet = find_component(tiny_model, "unet")
    print(
        f"\nopen a pipeline, hashed before: {median_ms(lambda: open_pipeline(tiny_model)):.1f} ms"
    )
    print(f"load a small UNet:              {median_ms(lambda: load_component(unet)):.1f} ms")


def test_a_large_file(tmp_path):
    folder = tmp_path / "vae"
    folder.mkdir()
    (folder / "config.json").write_text('{"_class_name": "AutoencoderKL"}')
    weights = folder / "diffusion_pytorch_model.safetensors"
    save_file({f"{i}.weight": torch.zeros(4 << 20) for i in range(16)}, weights)  # 256 MiB
    component = find_component(folder)
    stores = iter(range(REPEATS))
    hashing = median_ms(
        lambda: component_hash(component, StoredHashes(tmp_path / f"{next(stores)}.json"))
    )
    print(f"\nhash 256 MiB:        {hashing:.0f} ms ({256 / hashing * 1e3:.0f} MiB/s)")
    print(f"read its header:     {median_ms(lambda: read_header(weights)):.2f} ms")


def test_importing_what_opens_a_model():
    code = "import engine.diffusion.weights.handles, engine.runtime.device"
    root = Path(__file__).resolve().parents[3]
    run = [sys.executable, "-c", code]
    print(f"\nimport: {median_ms(lambda: subprocess.run(run, cwd=root, check=True)):.0f} ms")
