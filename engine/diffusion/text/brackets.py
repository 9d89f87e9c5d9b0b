"""Round brackets in prompts: they group words that are weighted, unless `\\` stands before them."""

from __future__ import annotations

import re

from engine.diffusion.text.weighting import uses_syntax
from engine.graph.errors import LoomError

ESCAPED = re.compile(r"\\([()])")
SMILEY = re.compile(r"[:;=]-?[()]")
OPERATOR = re.compile(r"\)\.(?:blend|and)\(")


def unescaped(prompt: str) -> str:
    """The text of a prompt without weights: `\\(` and `\\)` are brackets."""
    return ESCAPED.sub(r"\1", prompt)


def check_balanced(prompt: str) -> None:
    """LoomError that names the place where a bracket is left open: its weight would pass as text.

    A bracket that closes nothing is wrong only where words are weighted or prompts listed, a single
    quotation mark where prompts are blended: elsewhere people write "1)" and `5"`. Smileys are let
    be.
    """
    text = ESCAPED.sub("  ", prompt)
    without = SMILEY.sub(lambda found: " " * len(found[0]), text)
    left_open, closes_nothing = min(_unpaired(text), _unpaired(without), key=_count)
    if left_open:
        raise _unbalanced(prompt, left_open[-1], "The bracket", "is never closed", "\\(")
    if closes_nothing and ('("' in text or uses_syntax(prompt)):
        raise _unbalanced(prompt, closes_nothing[0], "The bracket", "closes nothing", "\\)")
    if OPERATOR.search(text) and text.replace('\\"', "").count('"') % 2:
        place = text.rindex('"')
        raise _unbalanced(prompt, place, "The quotation mark", "has no other half", '\\"')


def _unpaired(text: str) -> tuple[list[int], list[int]]:
    """The places of brackets that are never closed, and of those that close nothing."""
    left_open: list[int] = []
    closes_nothing: list[int] = []
    for place, letter in enumerate(text):
        if letter == "(":
            left_open.append(place)
        elif letter == ")":
            if left_open:
                left_open.pop()
            else:
                closes_nothing.append(place)
    return left_open, closes_nothing


def _count(unpaired: tuple[list[int], list[int]]) -> int:
    return sum(map(len, unpaired))


def _unbalanced(prompt: str, place: int, what: str, wrong: str, escaped: str) -> LoomError:
    around = prompt[max(0, place - 12) : place + 20]
    return LoomError(
        f"{what} in {around!r} {wrong}.",
        field="text",
        remedy=f"Put in the other one, or write {escaped} for one that is text.",
    )
