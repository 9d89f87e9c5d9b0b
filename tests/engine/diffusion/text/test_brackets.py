import pytest

from engine.diffusion.text.brackets import check_balanced, unescaped
from engine.graph.errors import LoomError


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "a red fish",
        "a cat (sitting)",
        "a (red fish)1.3 on ((blue)+ sand)-",
        '("a", "b").blend(1, 0.5)',
        r"fish \(small",
        "a face :( and a face :-)",
        "a face :) (red)1.2",
        "(a face :)",
        "1) a fish 2) a cat",
        'a 5" doll',
        r'("a 5\" doll", "b").blend(1, 0.5)',
    ],
)
def test_brackets_that_pair_and_those_that_are_text(prompt: str):
    check_balanced(prompt)


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ('("a","b"', 'The bracket in \'("a","b"\' is never closed.'),
        ("(red fish1.3", "The bracket in '(red fish1.3' is never closed."),
        ("a (red fish)1.3 and a (cat", "The bracket in 'h)1.3 and a (cat' is never closed."),
        ('("a", "b").blend(1, 0.5', "The bracket in ', \"b\").blend(1, 0.5' is never closed."),
        ("red fish)1.3", "The bracket in 'red fish)1.3' closes nothing."),
        (
            '("a", "b")).blend(1, 0.5)',
            'The bracket in \'("a", "b")).blend(1, 0.5)\' closes nothing.',
        ),
        ('("a", "b).blend(1, 0.5)', 'The quotation mark in \'("a", "b).blend(1, 0.5)\' has no'),
    ],
)
def test_those_that_do_not_pair_are_shown_where_they_stand(prompt: str, reason: str):
    with pytest.raises(LoomError) as caught:
        check_balanced(prompt)
    assert caught.value.reason.startswith(reason)
    assert caught.value.field == "text" and "write \\" in caught.value.remedy


def test_escaped_brackets_are_text():
    assert unescaped(r"a \(small\) fish (red)") == "a (small) fish (red)"
