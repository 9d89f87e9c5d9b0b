"""What an invisible watermark says: bits, written as zeros and ones."""

from __future__ import annotations

from engine.graph.errors import LoomError

# The 48 bits that Stable Diffusion XL's pictures carry.
SDXL = "101100111110110010010000011110111011000110011110"
LONGEST = 256


def bits_of(message: str) -> list[int]:
    """The bits of a message. Raises LoomError for none, too many, or anything else than bits."""
    if not message or len(message) > LONGEST or set(message) - {"0", "1"}:
        raise LoomError(
            f"A watermark's message is 1 to {LONGEST} bits, and this is {message[:60]!r}.",
            field="message",
            remedy="Write zeros and ones, such as 1011001110110010.",
        )
    return [int(bit) for bit in message]
