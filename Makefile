# The two commands: `make demo` and `make test`. Python 3.11 and make are all they need.
VENV ?= .venv
BIN = $(VENV)/bin

EXPORT ?= .export

.PHONY: demo test test-export lint bench clean

demo: $(VENV)/.run  # train both frameworks on the shipped sample, evaluate them, serve http://127.0.0.1:7860
	$(BIN)/python app.py

test: $(VENV)/.dev  # every test, the slow ones too, in two processes
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-export: $(EXPORT)/.dev  # every export format for real: their packages contradict the page's (requirements-export.txt)
	EXPORTERS=installed $(EXPORT)/bin/python -m pytest tests/eval/portability/test_exports.py

lint: $(VENV)/.dev  # style, and which module may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest tests/test_import_rules.py

bench: $(VENV)/.run  # the demo pair's speed, roughly (`make demo` trains it); quiet the machine
	$(BIN)/python -m eval.speed --models runs/demo/pytorch runs/demo/tensorflow --quick \
		--output runs/benchmark.json --markdown runs/benchmark.md --plot runs/benchmark.svg

$(VENV)/.run: requirements.txt
	test -x $(BIN)/python || python3.11 -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(EXPORT)/.dev: requirements.txt requirements-export.txt requirements-dev.txt
	test -x $(EXPORT)/bin/python || python3.11 -m venv $(EXPORT) || python3 -m venv $(EXPORT)
	$(EXPORT)/bin/python -m pip install --disable-pip-version-check -r requirements-export.txt \
		$$(grep -E "^pytest(-timeout)?==" requirements-dev.txt)
	touch $@

clean:
	rm -rf $(VENV) $(EXPORT) runs
