# Each target sets itself up on a machine with Python 3.11 or later, make and pip; a second call reuses what is there.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lint format bench experiment clean

demo: $(READY)  ## train on the shipped corpus, tag the shipped article, show it
	@$(BIN)/rareearth-nlp demo

test: $(READY)  ## the tests
	@$(BIN)/python -m pytest

lint: $(READY)  ## style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY)
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: $(READY)  ## speed of tagging, both model families, side by side
	@$(BIN)/python experiments/bench/run.py $(ARGS)

experiment: $(READY)  ## a folder of experiments/, such as NAME=ablation ARGS="13"
	@$(BIN)/python experiments/$(NAME)/run.py $(ARGS)

clean:  ## the environment only; taggers/ and tracking/ stay
	rm -rf .venv

# torch by itself and first: whatever else needs it then takes the build that is there
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "expected Python 3.11 or later, got %d.%d; run: make PYTHON=python3.11" % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "setting up .venv (some minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[weights,dev]'
	@touch $@
