"""The architecture: imports point one way, and light things stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "numpy", "transformers", "diffusers", "compel", "safetensors", "PIL", "PySide6")
# A file's layer is the longest prefix of its module's name; each may import those it lists.
MAY_IMPORT = {
    "engine.graph": ("engine.graph",),
    "engine.diffusion": ("engine.graph", "engine.diffusion"),
    "engine.runtime": ("engine.graph", "engine.diffusion", "engine.runtime"),
    "nodes": ("engine", "nodes"),
    "app": ("engine", "nodes", "app"),
}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST) -> set[str]:
    """Every module that a syntax tree imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            found.add(node.module or "")
    return found


def top_level(tree: ast.Module) -> ast.Module:
    """The statements that run on import, without type-checking blocks and function bodies."""
    kept = [
        statement
        for statement in tree.body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        and not (isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test))
    ]
    return ast.Module(kept, [])


def within(module: str, prefixes: tuple[str, ...]) -> bool:
    return any(module == prefix or module.startswith(prefix + ".") for prefix in prefixes)


def test_imports_point_one_way():
    wrong = []
    for path in (*sources("engine"), *sources("nodes"), *sources("app")):
        name = module_name(path)
        allowed = next((v for k, v in MAY_IMPORT.items() if within(name, (k,))), ("engine",))
        for module in imports(ast.parse(path.read_text(encoding="utf-8"))):
            if within(module, ("engine", "nodes", "app")) and not within(module, allowed):
                wrong.append(f"{name} imports {module}")
    assert wrong == []


def test_the_product_never_imports_the_oracle():
    wrong = [
        module_name(path)
        for path in (*sources("engine"), *sources("nodes"), *sources("app"))
        if any(
            within(module, ("diffusers", "accelerate", "peft"))
            for module in imports(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]
    assert wrong == []


def heavy_imports(tree: ast.AST) -> list[str]:
    return sorted(module for module in imports(tree) if within(module, HEAVY))


def test_the_graph_engine_is_pure_python():
    found = {
        module_name(path): heavy_imports(ast.parse(path.read_text(encoding="utf-8")))
        for path in sources("engine/graph")
    }
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_nodes_import_heavy_things_only_when_they_run():
    found = {
        module_name(path): heavy_imports(top_level(ast.parse(path.read_text(encoding="utf-8"))))
        for path in sources("nodes")
    }
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_no_qt_in_the_engine():
    wrong = [
        module_name(path)
        for path in sources("engine")
        if any(
            within(module, ("PySide6", "Qt", "NodeGraphQt"))
            for module in imports(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "module",
    [
        "engine.diffusion.values",
        "engine.diffusion.weights.facets",
        "engine.diffusion.weights.handles",
        "engine.diffusion.weights.headers",
        "engine.diffusion.weights.search",
        "engine.runtime.device",
        "engine.runtime.pool",
        "engine.runtime.codecs",
        *[module_name(path) for path in sources("nodes")],
    ],
)
def test_it_is_light_to_import(module: str):
    code = (
        f"import sys, {module}\nheavy = [m for m in {HEAVY!r} if m in sys.modules]\nprint(*heavy)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_every_package_says_in_a_sentence_what_lives_there():
    silent = [
        module_name(path)
        for folder in ("engine", "nodes", "app")
        for path in sources(folder)
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []
