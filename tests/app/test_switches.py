"""`--compile` and `--tf32`: what a run on a graphics card would do differently, and is told so."""

import pytest

from engine.runtime import pool, switches
from engine.runtime.switches import Switches


@pytest.fixture(autouse=True)
def nothing_asked(monkeypatch):
    monkeypatch.setattr(switches, "_asked", Switches())
    monkeypatch.setattr(pool, "_shared_budget", None)


def test_a_plan_and_a_run_take_them(loom, picture_workflow):
    assert loom("run", *picture_workflow, "--compile").exit_code == 0
    assert switches.switches() == Switches(compile=True)
    told = loom("plan", *picture_workflow, "--tf32")
    assert switches.switches() == Switches(tf32=True)
    assert told.stdout.splitlines()[-1] == "0 of 9 nodes to run"  # on a processor they are nothing


def test_a_plan_for_a_card_has_other_keys(loom, picture_workflow, monkeypatch):
    monkeypatch.setenv("LOOM_DEVICE", "cuda")
    environments = []

    def see(*_, **kwargs):
        environments.append(kwargs["environment"])
        raise SystemExit

    monkeypatch.setattr("app.running.Executor", see)
    for flags in ([], ["--tf32"], ["--compile"]):
        loom("plan", *picture_workflow, *flags)
    plain, rounded, compiled = environments
    assert rounded == {**plain, "tf32": "on"} and compiled == {**plain, "compiled": "blocks"}
