# What people do here. `make` alone lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check format bench faults screenshots openapi analytics migrate-apply migrate-new clean chromium pgbouncer

# The first Python that is new enough.
PYTHON ?= $(shell for one in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$one" && break; done)
BIN := .venv/bin
# What is used is compiled when it is used.
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile -c constraints.txt

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: .venv/.installed ## start everything in the foreground; Ctrl-C stops it (ARGS="--port 9000")
	@exec $(BIN)/inlet up $(ARGS)

test: .venv/.installed-dev chromium ## run the tests (ARGS="-k name", --thorough, -n0 for one process)
	@$(BIN)/pytest -n 3 $(ARGS)

check: .venv/.installed-dev ## format, lint, types, layers, house rules
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/pytest tests/house

format: .venv/.installed-dev ## write the code as `make check` wants it
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: .venv/.installed-dev ## run the benchmarks, print one table, write bench/results/
	@$(BIN)/python -m bench $(ARGS)

faults: .venv/.installed-dev ## break it on purpose and count what is lost (ARGS="--short" takes minutes)
	@$(BIN)/python -m bench.faults $(ARGS)

screenshots: .venv/.installed-dev chromium ## take the pictures of the inbox anew, into docs/screenshots/
	@$(BIN)/python -m bench.screenshots

openapi: .venv/.installed-dev ## bring the schemas of docs/openapi.yaml to what the code declares
	@$(BIN)/python -m bench.write_openapi
	@$(BIN)/python -m bench.write_events

analytics: .venv/.installed-dev ## bring docs/analytics.md to the views of the schema analytics
	@$(BIN)/python -m bench.write_analytics

migrate-apply: .venv/.installed ## bring the database to the newest schema
	@$(BIN)/inlet migrate apply

migrate-new: .venv/.installed ## make the two files of a new migration: make migrate-new name=add_labels
	@$(BIN)/inlet migrate new "$(name)"

clean: ## remove what can be made again; data stays
	@rm -rf .venv build *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing into .venv ..."
	@$(PIP) -e .
	@touch $@

.venv/.installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing into .venv, for development ..."
	@$(PIP) -e '.[dev,peers,oracles]'
	@touch .venv/.installed $@

# The browser tests use the system's Chromium; root can get it, and without it they are skipped.
chromium:
	@if ! type -p chromium chromium-browser google-chrome | grep -q .; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing chromium ..." && apt-get update -qq && \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
				chromium fonts-liberation >/dev/null 2>&1 || \
			echo "Chromium could not be installed: the browser tests need it." >&2; \
		else \
			echo "Without Chromium the browser tests are skipped: install chromium." >&2; \
		fi; \
	fi

# The tests of a pooler use the system's PgBouncer; without it they are skipped. It may come with a
# service that starts, so only `.ci/run` asks for this;
# after Chromium, for apt works for one at a time.
pgbouncer: | chromium
	@if ! PATH="$$PATH:/usr/sbin" type -p pgbouncer >/dev/null && \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing pgbouncer ..." && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			pgbouncer >/dev/null 2>&1 || \
		echo "PgBouncer could not be installed: the tests of a pooler need it." >&2; \
	fi

# Debian ships venv apart from Python; root can get it.
.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed." >&2; exit 1; }
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing python3-venv ..." && \
			apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; \
		else \
			echo "Python's venv module is missing: install python3-venv." >&2; exit 1; \
		fi; \
	fi
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
