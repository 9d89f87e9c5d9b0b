import pytest

from engine.diffusion.text.words import chosen, words_of
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.graph.errors import LoomError


@pytest.fixture
def tokenizer(tiny_model):
    return load_component(find_component(tiny_model, "tokenizer"))


def test_each_word_has_the_places_that_its_tokens_have_in_the_embeddings(tokenizer):
    prompt = "a red fish, on a blue zebra"
    words = words_of(tokenizer, prompt, 77)
    ids = tokenizer(prompt).input_ids
    assert words.words == ("a", "red", "fish", "on", "a", "blue", "zebra")
    for word in ("red", "fish", "zebra"):
        places = words.tokens_of(word)
        assert tokenizer.decode([ids[place] for place in places]).strip(" ,") == word
    assert len(words.tokens_of("zebra")) > 1  # the tiny vocabulary hasn't got it
    assert words.tokens_of("red fish") == words.tokens_of("red") + words.tokens_of("fish")
    assert words.tokens_of("Fish") == words.tokens_of("fish")


def test_words_that_the_encoder_did_not_read_are_not_there(tokenizer):
    words = words_of(tokenizer, "a red fish on a blue background", 4)
    assert words.words == ("a", "red", "fish")


def test_a_word_that_is_not_in_the_prompt_is_refused_by_name(tokenizer):
    words = words_of(tokenizer, "a red fish", 77)
    with pytest.raises(LoomError, match=r"no 'cat'; its words are a, red, fish"):
        words.tokens_of("cat")
    with pytest.raises(LoomError, match="with weights"):
        words_of(tokenizer, "a red++ fish", 77)


def test_words_are_chosen_between_commas(tokenizer):
    words = words_of(tokenizer, "a red fish on a cat", 77)
    assert chosen(words, " red, a  cat,") == ("red", "a  cat")
    assert chosen(words, "") == ("a", "red", "fish", "on", "cat")
