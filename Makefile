# Everything a person calls. Needs Python 3.11 or newer; uses uv when it is installed.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test lint types bench bench-engine bench-day bench-tick bench-control compile docs setup system-packages requirements clean

BIN := .venv/bin
DEMO_ARGS ?=
TEST_ARGS ?=
BENCH_ARGS ?=
BENCH_CORES ?= 0

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 26

demo: compile ## the simulated Rheinstrasse with service and live page on http://127.0.0.1:8080 (DEMO_ARGS="--period pm ...")
	@$(BIN)/signalctl demo $(DEMO_ARGS)

test: setup-dev system-packages compile ## all tests (TEST_ARGS="-k gate -n 2")
	@$(BIN)/python -m pytest $(TEST_ARGS)

lint: setup-dev ## style, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: setup-dev compile ## speed of a decision, and quality of what is inferred from detectors
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file" $(BENCH_ARGS) || exit 1; done

bench-engine: setup-dev compile ## the embedded engine against SUMO: speed and delay (BENCH_ARGS="arterial path/to/scenario --seeds 1-3")
	@taskset -c 0 $(BIN)/python -m benchmarks.engine $(BENCH_ARGS)

bench-day: setup-dev compile ## 24 h of the Rheinstraße on one core: seconds and memory (BENCH_ARGS="--every 1")
	@taskset -c 0 $(BIN)/python -m benchmarks.engine.day $(BENCH_ARGS)

bench-tick: setup-dev compile ## time of a tick of a large site, step by step (BENCH_CORES=0,1 BENCH_ARGS="--junctions 1000")
	@taskset -c $(BENCH_CORES) $(BIN)/python -m benchmarks.tick $(BENCH_ARGS)

bench-control: setup-dev ## control against its peers on SUMO (BENCH_ARGS="--scenario path/to/cologne1 --seeds 1-5")
	@$(BIN)/python -m benchmarks.control $(BENCH_ARGS)

docs: setup ## generated pages of docs/
	@$(BIN)/python -m signalctl.metrics_docs > docs/metrics.md
	@$(BIN)/python -m plans.rules_docs > docs/rules.md

compile: setup ## machine code of simulator and decision kernel, once
	@$(BIN)/python -m signalctl.compile

setup: ## .venv with the hashed runtime requirements
	@deploy/setup.sh runtime

.PHONY: setup-dev
setup-dev: ## .venv with SUMO, tests and linters as well
	@deploy/setup.sh dev

system-packages: ## Mosquitto, mbpoll, Prometheus and Chromium for the tests, where root and apt allow
	@deploy/system-packages.sh

requirements: ## resolve pyproject.toml into the hashed requirement files (needs uv)
	@deploy/requirements.sh

clean: ## remove .venv and caches
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
