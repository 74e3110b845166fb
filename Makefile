# `make` alone lists the targets. Python 3.11 and make are all they need.
VENV ?= .venv
BIN = $(VENV)/bin

EXPORT ?= .export

.DEFAULT_GOAL := help
.PHONY: help install demo test test-export lint bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.run ## install the packages and the command `bakeoff` into .venv

demo: $(VENV)/.run ## train both frameworks on the shipped sample, evaluate them, serve http://127.0.0.1:7860
	$(BIN)/python app.py

test: $(VENV)/.dev ## run every test, the slow ones too, in two processes
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# The exporters' packages contradict the page's: requirements-export.txt says which.
test-export: $(EXPORT)/.dev ## try every export format for real, in an environment of its own
	EXPORTERS=installed $(EXPORT)/bin/python -m pytest tests/eval/portability/test_exports.py

lint: $(VENV)/.dev ## check the style, the types, and which folder imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_import_rules.py

bench: $(VENV)/.run ## measure the demo pair's speed, roughly (`make demo` trains it); quiet the machine first
	$(BIN)/bakeoff speed --models runs/demo --quick \
		--output runs/benchmark.json --markdown runs/benchmark.md --plot runs/benchmark.svg

clean: ## remove the environments and everything under runs/
	rm -rf $(VENV) $(EXPORT) runs build *.egg-info

$(VENV)/.run: requirements.txt pyproject.toml
	test -x $(BIN)/python || python3.11 -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(EXPORT)/.dev: requirements.txt requirements-export.txt requirements-dev.txt
	test -x $(EXPORT)/bin/python || python3.11 -m venv $(EXPORT) || python3 -m venv $(EXPORT)
	$(EXPORT)/bin/python -m pip install --disable-pip-version-check -r requirements-export.txt \
		$$(grep -E "^pytest(-timeout)?==" requirements-dev.txt)
	touch $@

.PHONY: docs docs-check screenshots

docs: $(VENV)/.dev ## serve the documentation on http://localhost:8000
	$(BIN)/zensical serve

docs-check: $(VENV)/.dev ## build the documentation strictly: generated parts, links, no outside host
	$(BIN)/python -m docs.generate --check
	$(BIN)/zensical build --strict --clean
	$(BIN)/python -m pytest tests/docs

screenshots: $(VENV)/.dev ## take the pictures in docs/ of the demo pair's page (`make demo` trains it)
	$(BIN)/python -m docs.generate.screenshots
