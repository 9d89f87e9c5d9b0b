"""What is said of models before they are loaded, from their files' headers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.diffusion.weights.handles import open_pipeline
from engine.runtime.budget import Budget
from engine.runtime.device import Device
from engine.runtime.forecast import forecast, weights_of
from engine.runtime.housing import Housed, house

STARTER = Path(__file__).parents[3] / "resources" / "models" / "starter"
MB = 1 << 20
CPU, CARD = Device("cpu", "float32"), Device("cuda", "float16")


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    return open_pipeline(STARTER)


@pytest.mark.parametrize("name", ["unet", "text_encoder", "vae"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_weights_are_those_that_a_model_has_when_it_is_loaded(parts, name: str, dtype: str):
    ref = replace(parts[name], dtype=dtype)
    loaded = house(ref, "cpu")
    assert isinstance(loaded, Housed)
    assert weights_of(ref, CPU) == pytest.approx(loaded.size, rel=0.01)  # its file has a header


@pytest.mark.parametrize(
    ("ram", "how"),
    [
        (200, "there as a whole; the budget is 200 MB"),
        (60, "there as a whole, or streamed, as what is computed beside them needs; the budget is"),
        (20, "streamed a part at a time; the budget is 20 MB"),
    ],
)
def test_how_a_unet_keeps_within_a_budget(parts, ram: int, how: str):
    found = forecast([parts["unet"]], CPU, Budget(ram=ram * MB))
    assert found and found.words.startswith(f"weights of 42.1 MB, {how}")


def test_of_a_card_nothing_is_known_without_a_budget(parts):
    found = forecast([parts["unet"]], CARD, Budget())
    assert found and found.weights < 22 * MB
    assert found.words == "weights of 21 MB, streamed a part at a time if the card has no room"
    found = forecast([parts["unet"]], CARD, Budget(vram=10 * MB))
    assert found and "streamed a part at a time; the budget is 10 MB" in found.words


def test_an_autoencoder_is_never_streamed_and_a_tokenizer_weighs_nothing(parts):
    found = forecast([parts["vae"]], CPU, Budget(ram=MB))
    assert found and "streamed" not in found.words
    assert forecast([parts["tokenizer"]], CPU, Budget()) is None
    gone = replace(parts["unet"], folder="/nowhere")
    assert forecast([gone], CPU, Budget()) is None
