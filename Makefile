# make compare   side-by-side report of a shipped scenario, in out/
# make test      everything that has to hold, browser included
# make lab       the notebooks, in JupyterLab
# make dashboard the notebooks as pages, in Voila
# Each makes its own .venv first. SCENARIO and ARGS may be given: make compare SCENARIO=scenarios/shop-opens.yaml

SCENARIO ?= scenarios/first-look.yaml
ARGS ?=
BIN := .venv/bin
SOURCES := pyproject.toml hatch_build.py $(wildcard workbench/views/i18n/*.po)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: compare test lab dashboard format bench study clean

compare: .venv/.core
	$(BIN)/workbench compare $(SCENARIO) --out out $(ARGS)

test: .venv/.test
	.ci/prepare browser
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	$(BIN)/pytest $(ARGS)

lab: .venv/.notebook
	$(BIN)/jupyter lab notebooks/01-first-look.ipynb $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

dashboard: .venv/.notebook
	$(BIN)/voila notebooks $(ARGS)

# Not part of the tests: figures depend on the machine.
bench: .venv/.core
	$(BIN)/python -m benchmarks $(ARGS)

# The measured numbers of the scenarios over many seeds; the tests hold them over few.
study: .venv/.core
	$(BIN)/python -m benchmarks.study $(ARGS)
	$(BIN)/python -m benchmarks.plain_path

format: .venv/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv out build dist .mypy_cache .ruff_cache .import_linter_cache

.venv/bin/python:
	"$$(.ci/prepare python)" -m venv .venv

.venv/.core: .venv/bin/python $(SOURCES)
	$(PIP) install --editable .
	touch $@

.venv/.test: .venv/.core
	$(PIP) install --editable ".[test]"
	touch $@

.venv/.notebook: .venv/.core
	$(PIP) install --editable ".[dashboard,notebook]"
	touch $@
