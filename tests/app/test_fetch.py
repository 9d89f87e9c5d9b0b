"""`loom fetch` and `loom publish`: there is no network here, so what they say when it fails."""

import pytest


def test_offline_the_folders_that_were_searched_are_named(loom, tiny_model):
    result = loom("fetch", "owner/name")
    assert result.exit_code == 2
    assert "owner/name can't be had from the Hugging Face Hub" in result.stderr
    assert str(tiny_model.parent) in result.stderr


@pytest.mark.parametrize(
    "words", [("fetch", "name"), ("publish", ".", "a/b"), ("publish", ".", "a")]
)
def test_bad_requests(loom, words):
    result = loom(*words)
    assert result.exit_code == 2
    assert "names no repository" in result.stderr or "holds no model" in result.stderr


def test_a_model_that_is_nowhere_can_be_fetched(loom, picture_workflow):
    result = loom("check", picture_workflow[0], "--set", "model.model=owner/name")
    assert result.exit_code == 2
    assert "`loom fetch owner/name` downloads it" in result.stdout + result.stderr
