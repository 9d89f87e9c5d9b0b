"""Makes a tokenizer in CLIP's format for a small vocabulary (Sennrich et al. 2016, byte pairs).

The files are CLIP's: `vocab.json` (256 bytes, the same ending a word, one entry for each merge, the
two special tokens) and `merges.txt`. Any text can still be written: unknown words fall apart into
letters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

START, END = "<|startoftext|>", "<|endoftext|>"
SUFFIX = "</w>"


def train_tokenizer(texts: Iterable[str], folder: Path, *, length: int) -> Any:
    """Write to `folder`, and return, a CLIPTokenizer to which each word of `texts` is one token.

    Merging goes on until every word is whole, so the small vocabulary has no rare words. Prompts
    are padded or cut to `length` tokens, the two special ones included.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner = Tokenizer(models.BPE(end_of_word_suffix=SUFFIX))
    learner.pre_tokenizer = pre_tokenizers.Whitespace()
    learner.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=100_000,
            min_frequency=1,
            initial_alphabet=alphabet,
            end_of_word_suffix=SUFFIX,
            show_progress=False,
        ),
    )
    merges: list[list[str]] = json.loads(learner.to_str())["model"]["merges"]
    symbols = [*alphabet, *(letter + SUFFIX for letter in alphabet), *map("".join, merges)]
    vocabulary = {symbol: i for i, symbol in enumerate([*dict.fromkeys(symbols), START, END])}

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    lines = ["#version: 0.2", *map(" ".join, merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n")
    special = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2))
    config = {**special, "tokenizer_class": "CLIPTokenizer", "model_max_length": length}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2))
    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)
