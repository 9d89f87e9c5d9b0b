import torch

from engine.diffusion.schedulers.history import History

A, B, C, D = (torch.full((1,), float(k)) for k in range(4))


def test_the_newest_comes_first_and_only_so_many_are_kept():
    history = History().then(0, A, 3).then(1, B, 3).then(2, C, 3)
    assert history.outputs == (C, B, A)
    assert history.then(3, D, 3).outputs == (D, C, B)
    assert history.outputs == (C, B, A)  # as it was: a copied run goes on by itself


def test_a_jump_forgets():
    history = History().then(0, A, 3).then(1, B, 3)
    assert history.follows(2)
    assert not history.follows(1)
    assert history.then(5, C, 3).outputs == (C,)
    assert not History().follows(0)
