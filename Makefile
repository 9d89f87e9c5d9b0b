# Everything lives in .venv inside the checkout; a second call of a target sets nothing up again.
#   make demo      install what the headless run needs and make a picture
#   make gui       install what the editor needs and open it; ARGS=FILE opens a workflow
#   make test      install the development set and run every test
#   make check     the graph, the nodes, the workflows and the command line, within a minute
#   make lint      format, lint and types
#   make starter   train the starter model again (resumes from its last checkpoint); with
#                  ARGS=--go-on it goes on from the shipped weights
#   make bench     measure, and write the tables of BENCHMARKS.md; ARGS="-k step" measures a part
# PYTHON names the interpreter, TORCH_INDEX a package index to take torch from (see README.md).

PYTHON ?= python3
BIN := .venv/bin
INPUTS := pyproject.toml constraints.txt .ci/prepare.py
TESTS := $(BIN)/python -m pytest -q
QUICK := tests/engine/graph tests/nodes tests/workflows tests/app tests/test_imports.py --ignore=tests/app/gui
SCREEN := xvfb-run -a --server-args='-screen 0 3200x2000x24'
TORCH_INDEX ?=
export TORCH_INDEX

.PHONY: demo gui test check lint starter bench shots

demo: .venv/.ready-run
	$(BIN)/loom run workflows/text_to_image.json

gui: .venv/.ready-gui
	$(BIN)/loom gui $(ARGS)

test: .venv/.ready-dev
	@if command -v xvfb-run >/dev/null; then $(SCREEN) $(TESTS); else $(TESTS); fi

check: .venv/.ready-dev
	OMP_NUM_THREADS=1 QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -x -n auto -m "not slow and not parity and not full and not bench" $(QUICK)

lint: .venv/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

starter: .venv/.ready-dev
	$(BIN)/python -m engine.diffusion.training.starter $(ARGS)

bench: .venv/.ready-dev
	$(BIN)/python -m pytest -q -s -m bench tests/benchmarks $(ARGS)

shots: .venv/.ready-dev
	$(SCREEN) $(BIN)/python tests/app/gui/shots.py $(ARGS)

.venv/.ready-run: $(INPUTS)
	$(PYTHON) .ci/prepare.py run
	@touch $@

.venv/.ready-gui: $(INPUTS) | .venv/.ready-run
	$(PYTHON) .ci/prepare.py gui
	@touch $@

.venv/.ready-dev: $(INPUTS) | .venv/.ready-run
	$(PYTHON) .ci/prepare.py dev
	@touch $@
