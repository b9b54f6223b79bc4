# Needs Python 3.11 to 3.13, git and make. `make env` is part of every other target.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
UI_PORT ?= 3000

# Compiled once: a machine that forbids it lets each of the many processes of the tests compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help env demo ui test quick check lint types drill switches mutants bench ledger browser lock clean
.DEFAULT_GOAL := help

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

env: $(STAMP) ## the environment in .venv, from the committed lock

# --no-deps: the lock holds everything. The build backend comes from the lock too, hence no isolation for ourselves.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) \
	    or sys.exit("Python 3.11 to 3.13 is needed: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: env ## a ledger flows from JD Edwards into Coupa, on the sandbox
	$(BIN)/connector demo

ui: env ## Dagster's page on the demo's data, until Ctrl-C
	exec $(BIN)/connector ui --port $(UI_PORT)

# Three processes on two cores: some of the tests wait for others. SHUFFLE=SEED runs them in an order by chance.
test: env ## all tests, on SQLite and PostgreSQL
	$(BIN)/python -m pytest -n 3 --dist worksteal --durations 20 --durations-min 1 $(if $(SHUFFLE),--shuffle $(SHUFFLE))

quick: env ## what one runs after each edit: units, a scenario and a case of the drill of each flow
	$(BIN)/python -m pytest -n 3 --dist worksteal --quick

check: env ## Dagster's own check of the definitions
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/dg check defs

lint: env ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: env ## mypy, strict
	$(BIN)/mypy

# RUNS=N adds N random cases, drawn with SEED; ONLY='NAME' runs one case again; CONNECTOR_DRILL=all takes every pair.
drill: env ## every flow, every fault, every death; the last line counts what went wrong
	$(BIN)/python tests/drills $(if $(RUNS),--runs $(RUNS)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)')

switches: env ## every scenario at sites that do otherwise what the vendors leave open; minutes a site
	$(BIN)/python tests/switched.py $(if $(SITE),'$(SITE)')

mutants: env ## the engine with one safeguard taken away at a time: make quick must fail each time
	$(BIN)/python tests/mutants.py

# BENCH names those to run, such as `make bench BENCH=delivery`; the peers' environments are in the user's cache folder.
bench: env ## ml-connector beside its peers, measured; results in benchmarks/results
	$(BIN)/python -m benchmarks $(BENCH)

ledger: env ## a real ledger from end to end; its files below ../shared, or CONNECTOR_TEST_LEDGER=DIR
	$(BIN)/python -m pytest -m ledger tests/ledger

browser: env ## Dagster's page, daemon and code server with real processes
	$(BIN)/python -m pytest -m slow tests/dagster

# Refresh the lock after a change of pyproject.toml. Python 3.11 to 3.13, all platforms, no index address in the file.
lock: ## pin all dependencies anew (needs uv)
	uv pip compile --universal --generate-hashes --no-header --no-strip-extras --python-version 3.11 \
		--extra dev --quiet --output-file requirements.lock pyproject.toml

clean: ## forget the environment and what the tools left behind; homes stay
	rm -rf .venv .venv-* .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
