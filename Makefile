# One command each; every target sets up its own virtual environment first, pinned by constraints.txt.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2
# One thread for every linear-algebra call: processes are the parallelism, and sums keep one order.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1

.PHONY: help setup reproduce test test-browser lint docs bench simulators clean

help:
	@echo "make reproduce     verify every claim, draw the figures, write out/report/index.html"
	@echo "make test          run the tests"
	@echo "make test-browser  try the lessons and pages in Chromium; says what is missing, and installs nothing"
	@echo "make lint          ruff, pyright, import-linter"
	@echo "make docs          run the code of all pages, build the documentation in out/docs/html (DRAW=no: no figures)"
	@echo "make bench         benchmarks against NumPy, JAX, PyTorch: tables, JSON, and a figure in out/bench"
	@echo "make simulators    ask Flower, PyTorch and Optax what their rounds are; SYSTEMS=… for some of them"
	@echo "make clean         remove out/ and $(VENV)/"

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Python {v[0]}.{v[1]} is too old: 3.11 or newer is needed; try make PYTHON=python3.12")'
	@echo "setting up $(VENV) (once; a few minutes) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@echo "compiling the kernels (once; a few minutes) …"
	@$(BIN)/python -m implicitbias.engine.kernels
	@$(BIN)/python -m paper_repro.classroom.valley.warm
	@touch $@

reproduce: setup
	@$(BIN)/paper-repro report --budget quick --jobs $(JOBS) --out out

test: setup
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal --quiet --ignore tests/browser --ignore tests/pages

# One browser, one server: no processes beside them.
test-browser: setup
	@$(BIN)/python -m pytest --quiet tests/browser

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports

# The code of all pages is run first. Warnings are errors; nothing is fetched. Pages of figures that were not drawn say so.
DRAW ?= yes
docs: $(VENV)/.docs
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal --quiet tests/pages
	@missing=$$(test $(DRAW) = no || $(BIN)/python docs/_ext/pictures.py); \
	test -z "$$missing" || $(BIN)/paper-repro figures $$missing --jobs $(JOBS) --out out
	@$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --jobs $(JOBS) docs out/docs/html
	@echo "out/docs/html/index.html"

$(VENV)/.docs: $(VENV)/.ready
	@echo "installing what the documentation is built with (once; 40 MB) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,docs]'
	@touch $@

bench: $(VENV)/.bench
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.picture

# The peers; torch is left to those who have a CPU build of it, as the one that pip finds may be gigabytes large.
$(VENV)/.bench: $(VENV)/.ready
	@echo "installing the peers of the benchmarks (once; 600 MB) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,bench]'
	@touch $@

simulators: $(VENV)/.simulators
	@$(BIN)/python -m paper_repro.conformance.systems --page docs/systems.md $(SYSTEMS)

# One by one, so that a library which cannot be had leaves the others alone. PyTorch by the version that constraints.txt
# names, a CPU build: under its plain name pip may find gigabytes for graphics cards.
$(VENV)/.simulators: $(VENV)/.ready
	@echo "installing the systems that are asked (once; 700 MB) …"
	@for library in flwr optax "$$(grep '^torch==.*+cpu$$' constraints.txt)"; do \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "$$library" \
		|| echo "not run: $$library cannot be installed here"; \
	done
	@touch $@

clean:
	rm -rf out $(VENV)
