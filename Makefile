# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
export PYTHONDONTWRITEBYTECODE :=
export DO_NOT_TRACK := 1

.PHONY: help run test ui bench lint lock setup clean

help: ## show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

run: setup ## set up, then load, build, judge and publish the company of CFS_COMPANY
	@$(BIN)/python -m orchestration.run $(ARGS)

test: setup ## set up, then run every test
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

ui: setup ## open Dagster on http://localhost:3000
	@$(BIN)/python -m orchestration.ui $(ARGS)

bench: setup ## measure, print a table, write data/bench/*.json
	@$(BIN)/python -m orchestration.bench $(ARGS)

lint: setup ## check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

setup: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@echo "Setting up .venv (about a minute and a half) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(INSTALLED)

lock: ## pin every dependency with hashes (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --output-file requirements.lock

clean: ## delete what was made, the data folder too
	rm -rf data target logs .venv *.egg-info
