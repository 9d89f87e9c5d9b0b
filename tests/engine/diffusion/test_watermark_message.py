"""Messages of watermarks are bits, and nothing else."""

import pytest

from engine.diffusion.watermark_message import SDXL, bits_of
from engine.graph.errors import LoomError


def test_bits_of_a_message():
    assert bits_of("10110") == [1, 0, 1, 1, 0]
    assert len(bits_of(SDXL)) == 48


@pytest.mark.parametrize("message", ["", "10a", "1" * 257])
def test_a_message_that_is_no_bits_is_refused(message: str):
    with pytest.raises(LoomError, match="1 to 256 bits") as refused:
        bits_of(message)
    assert refused.value.field == "message"
