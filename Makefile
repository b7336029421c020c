# Two commands do all set-up on a fresh clone: `make serve` and `make test`.
# The newest Python there is, or PYTHON=…; tried, since a version manager's shim may lead nowhere.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for each in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
endif
BIN := .venv/bin
PORT ?= 8091
URL ?= http://127.0.0.1:$(PORT)

.PHONY: docs serve test suite whole fuzz postgres lint lint-openapi format bench check soak mutants legal crash clients clean

# What the environment is made with; one that is there is kept, unless another Python was asked for.
define environment
	$(new_enough)
	@test -x $(BIN)/python || '$(PYTHON)' -m venv .venv
endef
define new_enough
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "sampan needs Python 3.11 or newer, not '$(PYTHON)'; name one with PYTHON=..." >&2; exit 2; }
endef
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The fake installs light; everything else is a second, larger step.
.venv/.fake: pyproject.toml
	$(environment)
	@echo "Installing the fake into .venv ..."
	@$(INSTALL) -e .
	@touch $@

.venv/.kit: pyproject.toml
	$(environment)
	@echo "Installing the fake and the kit into .venv ..."
	@$(INSTALL) -e '.[conformance]'
	@touch $@ .venv/.fake

# A Python's own pip may be years old, and resolves a hundred packages in twice the time. Most of
# what is compiled would never be imported.
.venv/.dev: pyproject.toml
	$(environment)
	@echo "Installing everything that the tests need into .venv ..."
	@$(INSTALL) --upgrade pip
	@$(INSTALL) --no-compile -e '.[dev]'
	@touch $@ .venv/.fake .venv/.kit

ifeq ($(origin PYTHON),command line)
.PHONY: asked-python
asked-python:
	$(new_enough)
	@test ! -x $(BIN)/python || { \
	  asked=$$('$(PYTHON)' -c 'import sys; print("%d.%d" % sys.version_info[:2])') || exit 2; \
	  there=$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  test "$$asked" = "$$there" || { \
	    echo ".venv has Python $$there, not $$asked; 'make clean' removes it" >&2; exit 2; }; }
.venv/.fake .venv/.kit .venv/.dev: | asked-python
endif

serve: .venv/.fake
	$(BIN)/sampan serve --port $(PORT) $(ARGS)

# What CI runs. mypy has one core for a while, and the tests have what is left.
test: .venv/.dev
	@$(MAKE) --no-print-directory -j 2 lint suite

# In a fresh clone each worker would compile every module and rewrite every test's assertions: one
# process does it for all, while mypy has the other core. What can't be collected the suite tells.
.venv/.compiled: .venv/.dev
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --collect-only -qq >/dev/null || true
	@touch $@

# Eight workers even on two cores: many tests wait for jobs, and with fewer there are moments in which
# all do.
# Bytecode is kept, whatever the environment says: a few hundred processes would else compile the
# fake anew.
CHOSEN = -m "not whole"
suite: .venv/.compiled
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n 8 --dist worksteal $(CHOSEN) $(ARGS)

# All instances of what `make test` tries a few of, too: the tests that are marked `whole`.
whole: CHOSEN =
whole: suite

# The laws over generated input again, with fifty times the examples, and long tables whole.
fuzz: .venv/.dev
	PYTHONDONTWRITEBYTECODE= SAMPAN_TEST_EXAMPLES=20 $(BIN)/python -m pytest -q -n 4 --dist worksteal \
	  tests/fake_server tests/conformance tests/openapi/test_schemathesis.py \
	  tests/project/test_matrix_examples.py $(ARGS)

# The tests of the fake on a store that processes share: PostgreSQL, started by the tests in a
# temporary folder, or STORE=file.
STORE ?= postgres
postgres: .venv/.dev
	PYTHONDONTWRITEBYTECODE= SAMPAN_TEST_STORE=$(STORE) $(BIN)/python -m pytest -q -n 6 --dist worksteal \
	  tests/fake_server/admin tests/fake_server/api tests/fake_server/armed tests/fake_server/clock \
	  tests/fake_server/journal tests/fake_server/store/test_shared.py $(ARGS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Redocly CLI, Spectral and openapi-spec-validator over openapi/; needs npm.
lint-openapi: .venv/.dev
	tests/lint_openapi.sh

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What is made from its sources: the references of the control API and of the handles, and the
# requests in examples/.
docs: .venv/.dev
	$(BIN)/python -m docs.generate
	$(BIN)/python examples/requests/make.py

bench: .venv/.dev
	$(BIN)/python -m bench $(ARGS)

# The kit against the fake that `make serve` runs in another terminal: the default accounts, and
# one more that the control API makes (a name that is taken is as good).
check: .venv/.kit
	@curl -s -o /dev/null $(URL)/__admin/accounts -H 'Content-Type: application/json' \
	  -d '{"username": "second", "password": "second-secret"}' || true
	@SAMPAN_USERNAME=$${SAMPAN_USERNAME:-abc} SAMPAN_PASSWORD=$${SAMPAN_PASSWORD:-abc-secret} \
	SAMPAN_SECOND_USERNAME=$${SAMPAN_SECOND_USERNAME:-second} \
	SAMPAN_SECOND_PASSWORD=$${SAMPAN_SECOND_PASSWORD:-second-secret} \
	SAMPAN_LIMITED_USERNAME=$${SAMPAN_LIMITED_USERNAME:-limited} \
	SAMPAN_LIMITED_PASSWORD=$${SAMPAN_LIMITED_PASSWORD:-limited-secret} \
	$(BIN)/sampan check $(URL) $(ARGS)

# A long load and hostile clients, five minutes in all; fails where a bound is not kept.
soak: .venv/.dev
	$(BIN)/python -m tests.soak $(ARGS)

# The kit against servers that are wrong on purpose, and against every legal one; both then with
# photographs (those of scikit-image too, with the extra `photographs`).
mutants: .venv/.dev
	$(BIN)/python -m tests.wrong_servers $(ARGS)
	$(BIN)/python -m tests.photographs --right 0

legal: .venv/.dev
	$(BIN)/python -m tests.conforming_servers $(ARGS)
	$(BIN)/python -m tests.photographs --wrong 0
	$(BIN)/python -m tests.gateways

# A fake with a data file, killed a hundred times under load: nothing acknowledged may be lost. With
# ARGS='--workers 2 --data postgres' (or file) some of its workers are.
crash: .venv/.dev
	$(BIN)/python -m tests.crash $(ARGS)

# Two generated clients, Python and TypeScript, run the whole flow.
clients: .venv/.dev
	tests/clients/run.sh $(ARGS)

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
