# Two commands do all the setting up: `make run` and `make test`.

# The first Python that is new enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin

# What also runs where there is no D-Bus session, as mypy sees it there.
ELSEWHERE := --no-warn-unreachable --follow-imports silent $(addprefix -p trayapp.,cli coding desktop resident \
	servers settings) $(addprefix -m trayapp.tray.,backends drawing face menu native pixel_font)

.PHONY: help run test setup system check pytest ordinary-user bench clean

help:
	@echo "make run     set up and start trayapp"
	@echo "make test    set up and check everything (under 20 minutes)"
	@echo "make check   style, types and import rules only"
	@echo "make bench   print what the cheap commands cost"
	@echo "make clean   remove what these made"

run: $(VENV)/.installed
	$(BIN)/trayapp

test: system setup check pytest ordinary-user

setup: $(VENV)/.developing

$(VENV)/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "trayapp needs Python 3.11 or newer" >&2; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

# Xvfb, a panel, D-Bus and a keyring, where they can be installed; elsewhere those tests say why they are skipped.
system:
	tests/setup/system-packages

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p trayapp -p tests
	$(BIN)/mypy --platform win32 $(ELSEWHERE)
	$(BIN)/mypy --platform darwin $(ELSEWHERE)
	$(BIN)/lint-imports --no-logo

pytest: setup
	$(BIN)/python -m pytest

# What root may do tells nothing about permissions: the wheel is installed for an ordinary user, who runs the tests.
ordinary-user: setup
	tests/setup/ordinary-user $(BIN)/python

bench: setup
	$(BIN)/python -m tests.benchmarks.start_up

clean:
	rm -rf $(VENV) dist build artifacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
