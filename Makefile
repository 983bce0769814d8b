.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
export JOURNEYS_HOME ?= $(CURDIR)/.journeys
export DAGSTER_HOME ?= $(JOURNEYS_HOME)/dagster
PYTHON ?= python3
SYSTEM_PACKAGES := openssh-server openssh-client postgresql sqlite3 proftpd-core proftpd-mod-crypto postfix libreoffice-calc-nogui chromium

.PHONY: help setup demo dev check format test constraints clean bench-path bench-import bench-mep bench-metrics bench-reports superset-test test-distributed faults

help: ## Say what each target does
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.installed ## Make the virtual environment with pinned dependencies

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (once, about a minute) …"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable '.[demo,postgres,dev]'
	@touch $@

demo: setup ## Run the whole path on a sample world, and print what it made
	$(BIN)/journeys demo

dev: setup ## Open the Dagster UI on what the demo made
	$(BIN)/journeys dev

check: setup ## Formatter, linter, types, import contracts, file sizes; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	@find journeys_pipeline -name '*.py' | xargs wc -l | awk '$$2 != "total" && $$1 > 300 {print $$2 ": " $$1 " lines; split it (300 at most)"; bad = 1} END {exit bad}'

format: setup ## Format the code and sort imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: setup test-packages ## Run the tests
	$(BIN)/pytest -n 2

faults: setup test-packages ## Inject faults into the whole path, and print which invariants held (two hours)
	$(BIN)/pytest -n 2 -m '' journeys_pipeline_tests/faults journeys_pipeline_tests/whole_path/test_restoring.py

.PHONY: test-packages
test-packages: # the tests speak to real servers; without root and apt those tests skip and say so
	@if dpkg -s $(SYSTEM_PACKAGES) >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections && \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-remove --no-install-recommends $(SYSTEM_PACKAGES) >/dev/null; \
	else echo "Some tests will be skipped. They need: $(SYSTEM_PACKAGES)"; fi

.superset/.installed:
	@echo "Installing Apache Superset into .superset (once, some minutes) …"
	$(BIN)/uv venv --quiet --python $(BIN)/python .superset/venv
	$(BIN)/uv pip install --quiet --compile-bytecode --python .superset/venv/bin/python 'apache-superset==6.1.0' rich cachetools 'flask-caching==2.3.1'
	@touch $@

superset-test: setup .superset/.installed ## Install Apache Superset, import our assets, and test who sees what (some minutes)
	SUPERSET_PYTHON=$(CURDIR)/.superset/venv/bin/python $(BIN)/python -m pytest journeys_pipeline_tests/superset

bench-path: setup ## Time the whole path on 5 million events (some minutes)
	$(BIN)/python -m journeys_pipeline_tests.benchmarks.bench_path

bench-mep: setup ## Time booking a month of 100 million entries beside DuckDB (many minutes)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m journeys_pipeline_tests.benchmarks.bench_mep

bench-import: setup ## Time fetching and contact files beside sftp, Polars and the libraries (some minutes)
	$(BIN)/python -m journeys_pipeline_tests.benchmarks.bench_import

bench-reports: setup ## Time files of reports beside openpyxl and Polars (a minute)
	$(BIN)/python -m journeys_pipeline_tests.benchmarks.bench_reports

bench-metrics: setup ## Time figures beside DuckDB, ClickHouse and pandas; back-fills; a 50-million-event day (an hour)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m journeys_pipeline_tests.benchmarks.bench_metrics

test-distributed: setup ## A back-fill over two Celery workers, one of which is killed (some minutes)
	@dpkg -s redis-server >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends redis-server >/dev/null; }
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable '.[demo,postgres,dev,celery]'
	PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/pytest journeys_pipeline_tests/distributed/check_two_workers.py

constraints: setup ## Pin all dependencies anew
	$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --no-emit-index-url --all-extras pyproject.toml --output-file constraints.txt

clean: ## Remove what the demo made (the virtual environment stays)
	rm -rf .journeys
