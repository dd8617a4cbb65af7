# make run on a fresh machine with Python 3.11 and make; nothing else is needed beforehand.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3.14 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 3
LOCKS := pyproject.toml requirements.lock .ci/environment.sh

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-slow bench texts check format lock clean

help:
	@echo 'make run     serve the centre with its own PostgreSQL; prints where to look and how to sign in'
	@echo 'make demo    a working day of a full hall, at any hour; leaves nothing behind'
	@echo 'make test    run the tests, all but the slow ones'
	@echo 'make test-slow  run the slow tests, which CI runs as well'
	@echo 'make check   format, lint, types, import contracts'
	@echo 'make bench   measure boards, city (1,000 boards, 2,000 phones), verbs (tickets and calls), costs, slots, waits, requests, back (2,000 screens), share, history, memory'
	@echo 'make texts   bring the catalogues of interface texts up to date with what pages and scripts say'
	@echo 'make format  write the format and the lint fixes'
	@echo 'make lock    write new lock files (needs uv)'

setup: $(VENV)/.ready

$(VENV)/.ready: $(LOCKS)
	@PYTHON='$(PYTHON)' sh .ci/environment.sh $(VENV) requirements.lock
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	@PYTHON='$(PYTHON)' sh .ci/environment.sh $(VENV) requirements-dev.lock
	@touch $@

run: setup
	@$(BIN)/queue-app serve --trial $(ARGS)

demo: setup
	@$(BIN)/queue-app demo $(ARGS)

PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: $(VENV)/.ready-dev
	@sh .ci/browser.sh $(BIN)
	@$(PYTEST) -m 'not slow'

test-slow: $(VENV)/.ready-dev
	@sh .ci/browser.sh $(BIN)
	@$(PYTEST) -m slow
	@$(PYTEST) -m 'hypothesis and not slow' --laws 200 tests/domain

bench: $(VENV)/.ready-dev
	@$(BIN)/python -m tests.load

check: $(VENV)/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

texts: $(VENV)/.ready-dev
	@$(BIN)/python -m tests.web.messages

format: $(VENV)/.ready-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	    pyproject.toml requirements-build.in -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	    --extra dev -c requirements.lock pyproject.toml requirements-build.in -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist *.egg-info
