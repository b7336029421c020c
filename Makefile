# Two commands do all set-up on a fresh clone: `make serve` and `make test`.
PYTHON ?= python3.11
BIN := .venv/bin
PORT ?= 8091

.PHONY: serve test lint bench check mutants format clean

# The fake installs light; everything else is a second, larger step.
.venv/.fake: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/.dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@ .venv/.fake

serve: .venv/.fake
	$(BIN)/sampan serve --port $(PORT) $(ARGS)

test: lint
	$(BIN)/python -m pytest -q -n auto --dist loadgroup $(ARGS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.dev
	$(BIN)/python -m bench $(ARGS)

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
