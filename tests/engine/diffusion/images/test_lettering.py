import pytest

from engine.diffusion.images.lettering import fit, measure


def test_lines_break_between_words_and_fit():
    text = fit("a red fish on a blue background", 90, 14)
    assert len(text.lines) > 1
    assert " ".join(text.lines) == "a red fish on a blue background"
    assert all(measure(line, 14) <= 90 for line in text.lines)
    assert text.width == max(measure(line, 14) for line in text.lines)


def test_a_word_that_is_too_long_is_broken():
    text = fit("denoise.guidance=3.5", 60, 14)
    assert "".join(text.lines) == "denoise.guidance=3.5"
    assert all(measure(line, 14) <= 60 for line in text.lines)


def test_what_does_not_fit_ends_in_an_ellipsis():
    text = fit("fish " * 50, 60, 14, lines=2)
    assert len(text.lines) == 2
    assert text.lines[1].endswith("…") and measure(text.lines[1], 14) <= 60


def test_an_empty_text_takes_no_room():
    assert (fit("", 60, 14).height, fit("", 60, 14).width) == (0, 0)


@pytest.mark.parametrize("text", ["рыба", "σ×2", "魚"])
def test_letters_beyond_ascii_have_a_width(text: str):
    assert fit(text, 400, 14).width > 0
