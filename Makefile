# make demo: see tomorrow's newsletter.   make test: the whole suite.   Nothing else is needed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test check bench mail-check goldens format lock wheel clean

help:  ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Digest needs Python 3.11 or newer; this is %s: make PYTHON=python3.12 demo" % sys.version.split()[0])'
# One that came to nothing has a python and no pip: it goes, so that the next make begins anew.
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); $(PYTHON) -c 'import sys; sys.exit("$(VENV) was not made (why is above) and is gone again; where venv or ensurepip is missing, as on Debian and Ubuntu: sudo apt install python%d.%d-venv" % sys.version_info[:2])'; }

$(VENV)/.run: requirements.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes --requirement requirements.txt
	$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@

demo: $(VENV)/.run  ## render tomorrow's issue from the sample paper, send nothing
	$(BIN)/digest send --dry-run

test: $(VENV)/.dev  ## run every test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.dev  ## format, lint, types, import contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# LIMIT: a folder with csink.c and csrc.c, what C can do here; without it ratios to C are left out.
bench: $(VENV)/.dev  ## measure sending: speed, release, kills, signing (minutes; on a quiet machine)
	$(BIN)/python -m bench.delivery $(if $(LIMIT),--limit $(LIMIT)) --scale 0.25 --json
	$(BIN)/python -m bench.release --json
	$(BIN)/python -m bench.crash --json
	$(BIN)/python -m bench.dkim --json
	$(BIN)/python -m bench.membership --subscribers 100000 --json
	$(BIN)/python -m bench.editions --json
	$(BIN)/python -m bench.archive --json

mail-check: $(VENV)/.dev  ## prove the mail: pictures, axe, MJML, W3C, SpamAssassin, other readers
	$(BIN)/python -m bench.mail.check

goldens: $(VENV)/.dev  ## take the pictures of tests/golden anew
	$(BIN)/python -m bench.mail.shots --refresh

format: $(VENV)/.dev  ## rewrite files in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

LOCK = uv pip compile --universal --python-version 3.11 --generate-hashes --no-config --quiet \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

lock:  ## resolve the locked requirements anew (needs uv)
	$(LOCK) pyproject.toml --group build --output-file requirements.txt
	$(LOCK) pyproject.toml --extra postgres --group build --group test \
		--constraint requirements.txt --output-file requirements-dev.txt

wheel: $(VENV)/.run  ## build dist/*.whl
	$(PIP) wheel --no-build-isolation --no-deps --wheel-dir dist .

clean:  ## remove what demo and test made
	rm -rf $(VENV) dist rehearsal .coverage .pytest_cache .mypy_cache .ruff_cache
