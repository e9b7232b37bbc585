# make demo       install hubtool and show what it does, on real data
# make test       install what the tests need and run them, but not those that take long or build the wheel
# make test-all   run every test
# make lint       ruff, mypy, import-linter and hubtool itself over this repository
# make docs       write docs/rules.md from the rules

VENV ?= .venv
BIN := $(VENV)/bin
# MindSpore's wheels are for Python 3.10 to 3.12: take the first of these that runs.
PYTHON ?= $(shell for python in python3 python3.12 python3.11 python3.10 python; do \
	$$python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null \
	&& echo $$python && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# As many processes as cores; four of MindSpore's are enough for any machine's memory.
PYTEST_PROCESSES ?= --numprocesses auto --maxprocesses 4 --dist worksteal
PYTEST_ARGS ?=

.PHONY: demo test test-all lint docs clean

demo: $(VENV)/demo.stamp
	$(BIN)/hubtool validate cards
	$(BIN)/hubtool pull bit_digits
	$(BIN)/hubtool verify --reproduce-eval

test: $(VENV)/test.stamp
	$(BIN)/python -m pytest $(PYTEST_PROCESSES) -m 'not slow and not packaging' $(PYTEST_ARGS)

test-all: $(VENV)/test.stamp
	$(BIN)/python -m pytest $(PYTEST_PROCESSES) $(PYTEST_ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hubtool validate cards

docs: $(VENV)/demo.stamp
	$(BIN)/python -m hubtool.lint.docs > docs/rules.md

# One virtual environment; each stamp says that one extra of pyproject.toml is installed in it.
$(VENV)/%.stamp: pyproject.toml $(VENV)/pyvenv.cfg
	$(PIP) install --editable '.[$*]'
	@touch $@

$(VENV)/pyvenv.cfg:
	@test -n '$(PYTHON)' || { echo 'hubtool needs Python 3.10, 3.11 or 3.12; name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

.PRECIOUS: $(VENV)/%.stamp
clean:
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
