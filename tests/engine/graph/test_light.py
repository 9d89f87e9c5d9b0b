import subprocess
import sys
import textwrap

HEAVY = ("torch", "numpy", "transformers", "PIL", "jsonschema_rs", "hypothesis")


def test_the_engine_imports_nothing_heavy():
    code = f"""
        import sys
        import engine.graph.executor, engine.graph.workflow, engine.graph.check
        print([name for name in {HEAVY!r} if name in sys.modules])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
