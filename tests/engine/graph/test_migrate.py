import pytest

from engine.graph import workflow
from engine.graph.errors import WorkflowError
from engine.graph.graph import Source
from tests.engine.graph import stubs


def old(version: int, **node: object) -> dict:
    return {
        "loom": 1,
        "nodes": {
            "n": {"type": "math.number"},
            "d": {"type": "math.divide", "version": version, "inputs": {"a": "n.int"}, **node},
            "e": {"type": "math.add", "inputs": {"a": "d.quotient", "b": "d.rest"}},
        },
    }


def test_a_node_goes_through_every_version():
    graph = workflow.from_json(old(1, params={"divisor": 3}), stubs.registry())
    assert graph.nodes["d"].version == 3
    assert graph.nodes["d"].params == {"by": 6}
    assert graph.nodes["e"].inputs == {"a": (Source("d", "whole"),), "b": (Source("d", "rest"),)}


def test_a_linked_parameter_is_renamed_too():
    data = old(1, params={"by": 1}, inputs={"a": "n.int", "divisor": "n.int"})
    graph = workflow.from_json(data, stubs.registry())
    assert set(graph.nodes["d"].inputs) == {"a", "by"}


def test_without_a_registry_nothing_changes():
    graph = workflow.from_json(old(1, params={"divisor": 3}))
    assert graph.nodes["d"].version == 1


def test_a_node_from_the_future():
    with pytest.raises(WorkflowError) as error:
        workflow.from_json(old(4), stubs.registry())
    assert error.value.where == "d.version"
    assert "version 4 of math.divide, and version 3" in str(error.value)


def test_a_version_that_has_no_migration():
    data = {"loom": 1, "nodes": {"d": {"type": "math.divide", "version": 2, "params": {"x": 1}}}}
    with pytest.raises(WorkflowError) as error:
        workflow.from_json(data, stubs.registry())
    assert error.value.node == "d"
    assert "can't be brought up to date" in str(error.value)


def test_unknown_types_stay_for_check_to_report():
    data = {"loom": 1, "nodes": {"x": {"type": "no.such", "version": 7}}}
    assert workflow.from_json(data, stubs.registry()).nodes["x"].version == 7
