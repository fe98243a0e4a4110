# Works on a machine with nothing but make and Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DEMO := build/demo-home
# JSON Lines of abstracts that the benchmarks read: a folder or files.
CORPUS ?= ../shared/data/corpus

.DEFAULT_GOAL := help
.PHONY: help demo test lint check format bench constraints clean

help:
	@echo "make demo     install into $(VENV), then read a small corpus, show facts, rank thermoelectrics, ask a graph, predict, search, review"
	@echo "make test     install with the test tools, then run the tests"
	@echo "make check    formatting, lint, types, tests"
	@echo "make format   format the code and fix what the linter can fix"
	@echo "make bench    run the benchmarks (minutes)"
	@echo "make constraints   resolve the dependencies anew and pin them"
	@echo "make clean    remove what was built, and $(VENV)"

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "matlore needs Python 3.11 or newer: make PYTHON=python3.11 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# Stamps: nothing is installed again until these files change.
$(VENV)/.installed: $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) --editable ".[dev]"
	@touch $(VENV)/.installed $@

demo: $(VENV)/.installed
	rm -rf $(DEMO)
	$(BIN)/matlore ingest file ingest/sample --home $(DEMO)
	$(BIN)/matlore corpus stats --home $(DEMO)
	$(BIN)/matlore ner extract --home $(DEMO)
	$(BIN)/matlore ner stats --top 5 --home $(DEMO)
	$(BIN)/matlore facts extract --home $(DEMO)
	$(BIN)/matlore facts show MAPbI3 --home $(DEMO)
	$(BIN)/matlore recommend --application thermoelectric --top 20 --explain --home $(DEMO)
	$(BIN)/matlore graph load --facts both --home $(DEMO)
	$(BIN)/matlore cypher --named lead-free-sulfides --home $(DEMO)
	$(BIN)/matlore predict PbTe Mg3Sb2 --property zT --temperature 300,600 --explain --home $(DEMO)
	$(BIN)/matlore index build --encoder static --home $(DEMO)
	$(BIN)/matlore search "materials that turn waste heat into electricity" --top 3 --explain --home $(DEMO)
	$(BIN)/matlore review "thermoelectric tellurides" --out build/demo-review.html --home $(DEMO)

# Two processes, each with files of its own.
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/cli_startup.py
	$(BIN)/python benchmarks/recommend_startup.py
	$(BIN)/python benchmarks/tokens_speed.py $(CORPUS)
	$(BIN)/python benchmarks/ingest_curve.py $(CORPUS)
	$(BIN)/python benchmarks/duplicates.py $(CORPUS)
	$(BIN)/python benchmarks/relevance_speed.py $(CORPUS) --labels tests/data/relevance_labels.tsv
	$(BIN)/python benchmarks/harvest_kills.py $(CORPUS)/abstracts-2012-2014.jsonl.gz
	$(BIN)/python benchmarks/training_speed.py $(CORPUS)
	$(BIN)/python benchmarks/ner_kills.py $(CORPUS)/abstracts-2012-2014.jsonl.gz --count 5000
	$(BIN)/python benchmarks/ner_speed.py $(CORPUS)

# Resolve all dependencies anew, in an environment of their own, and pin what came out.
constraints:
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet --disable-pip-version-check ".[dev]"
	build/constraints/bin/python -m pip freeze --exclude matlore > constraints.txt

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
