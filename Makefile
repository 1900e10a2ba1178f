# Everything a developer or a visitor needs. Each target is one or two plain commands.
# `make demo` and `make test` work on a fresh machine with Python 3.11 or later, pip and make.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
OUT ?= out
FUZZ_SECONDS ?= 3600
FUZZ_TARGETS ?= pickle zip safetensors onnx gguf hdf5 tflite ubjson xml
LOCALES = src/aigov/i18n/locale checks/aigov_checks/locale reports/aigov_reports/locale

.DEFAULT_GOAL := help
.PHONY: help demo examples test lint format bench fuzz docs messages package clean

help:
	@echo "make demo      install, build the example, audit it twice, say where the reports are"
	@echo "make examples  build and audit the other examples: a soft sensor, a camera, an over-fitted forest"
	@echo "make test      install what testing needs and run every test"
	@echo "make lint      ruff, mypy --strict, import-linter, deptry, codespell"
	@echo "make format    put the code into form"
	@echo "make bench     the benchmarks"
	@echo "make fuzz      feed the parsers of hostile files with random ones (FUZZ_SECONDS each)"
	@echo "make docs      the pages that are generated from the code"
	@echo "make messages  compile the message catalogues"
	@echo "make package   build sdist and wheel"

# PyTorch first and by exact version: any later requirement is then satisfied and pulls nothing else.
$(VENV)/.run: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("aigov needs Python 3.11 or later, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable ".[all]"
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --group test --group lint
	@touch $@

demo: $(VENV)/.run
	$(BIN)/python examples/bearing-fault/build.py
	@echo; echo "== The project as it should be"
	$(BIN)/aigov audit examples/bearing-fault --output $(OUT)/bearing-fault
	@echo; echo "== The same project with one planted fault for each check (exit code 1 is what we want)"
	$(BIN)/aigov audit examples/bearing-fault-planted --output $(OUT)/bearing-fault-planted; test $$? -eq 1
	@echo; echo "Reports: $(OUT)/bearing-fault/report.html (conformant)"
	@echo "         $(OUT)/bearing-fault-planted/report.html (non-conformant)"

# The projects beside the one of the demo; those with something planted are non-conformant, exit code 1.
examples: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --group example
	$(BIN)/python examples/soft-sensor/build.py
	$(BIN)/aigov audit examples/soft-sensor --output $(OUT)/soft-sensor
	$(BIN)/python examples/visual-inspection/build.py
	$(BIN)/aigov audit examples/visual-inspection --output $(OUT)/visual-inspection
	$(BIN)/aigov audit examples/visual-inspection-planted --output $(OUT)/visual-inspection-planted; test $$? -eq 1
	$(BIN)/python examples/over-fitted-forest/build.py
	$(BIN)/aigov audit examples/over-fitted-forest --output $(OUT)/over-fitted-forest; test $$? -eq 1

test: $(VENV)/.dev
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/codespell
	$(BIN)/python docs/build.py --check

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.dev
	$(BIN)/python examples/bearing-fault/build.py
	@for script in bench/*.py bench/pii/speed.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# Each target runs alone in an environment of its own; a crash leaves its input under $(OUT)/fuzz and fails.
$(VENV)-fuzz/.run: pyproject.toml
	$(PYTHON) -m venv $(VENV)-fuzz
	$(VENV)-fuzz/bin/python -m pip install --quiet atheris==3.0.0 --editable ".[archives]"
	@touch $@

fuzz: $(VENV)-fuzz/.run
	@for target in $(FUZZ_TARGETS); do \
		$(VENV)-fuzz/bin/python tests/fuzz/serialization.py $$target $(OUT)/fuzz -max_total_time=$(FUZZ_SECONDS) || exit 1; done

docs: $(VENV)/.run
	$(BIN)/python docs/build.py

messages: $(VENV)/.dev
	@for locale in $(LOCALES); do for source in $$locale/en/LC_MESSAGES/*.po; do \
		$(BIN)/pybabel compile -d $$locale -D $$(basename $$source .po) || exit 1; done; done

package: $(VENV)/.dev
	$(BIN)/python -m build

clean:
	rm -rf $(OUT) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
