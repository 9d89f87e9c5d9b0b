"""Which tokens of a prompt a word became."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.diffusion.text import weighting
from engine.diffusion.text.brackets import unescaped
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class Words:
    """The words of a prompt in order, and the places of each one's tokens in its embeddings."""

    words: tuple[str, ...]
    tokens: tuple[tuple[int, ...], ...]

    def tokens_of(self, phrase: str) -> tuple[int, ...]:
        """The places of all tokens of a word, or of several that follow one another.

        Punctuation and capitals make no difference. Raises LoomError where the prompt hasn't got
        it.
        """
        wanted = [_plain(word) for word in phrase.split()]
        here = [_plain(word) for word in self.words]
        for first in range(len(here) - len(wanted) + 1):
            if wanted and here[first : first + len(wanted)] == wanted:
                parts = self.tokens[first : first + len(wanted)]
                return tuple(place for part in parts for place in part)
        raise LoomError(
            f"The prompt has no {phrase!r}; its words are {', '.join(self.words)}.",
            field="words",
            remedy="Choose among these.",
        )


def words_of(tokenizer: Any, prompt: str, most: int) -> Words:
    """The words of a plain `prompt` whose tokens are among the first `most` places.

    Raises LoomError for a prompt in compel's syntax.
    """
    if weighting.uses_syntax(prompt):
        raise LoomError(
            "Words can't be found in a prompt with weights.",
            field="text",
            remedy="Give the same words without them: they stand in the same places.",
        )
    prompt = unescaped(prompt)
    whole = _ids(tokenizer, prompt, special=True)
    place = len(whole) - len(_ids(tokenizer, prompt)) - (whole[-1:] == _end(tokenizer))
    words: list[str] = []
    tokens: list[tuple[int, ...]] = []
    for word in prompt.split():
        length = len(_ids(tokenizer, word))
        places = tuple(range(place, place + length))
        place += length
        if length and place <= most:
            words.append(word.strip(".,;:!?\"'()"))
            tokens.append(places)
    return Words(tuple(words), tuple(tokens))


def chosen(words: Words, listed: str) -> tuple[str, ...]:
    """The words in `listed`, between commas; all of the prompt where that is empty."""
    named = tuple(part.strip() for part in listed.split(",") if part.strip())
    return named or tuple(dict.fromkeys(word for word in words.words if word))


def _ids(tokenizer: Any, text: str, special: bool = False) -> Sequence[int]:
    return tokenizer(text, add_special_tokens=special, truncation=False, verbose=False).input_ids


def _end(tokenizer: Any) -> list[int]:
    """The token that ends a prompt, as a list of one or none."""
    ends = _ids(tokenizer, "", special=True)
    return list(ends[-1:])


def _plain(word: str) -> str:
    return word.strip(".,;:!?\"'()").lower()
