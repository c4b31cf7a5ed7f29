# Two commands do all the setting up: `make run` and `make test`.

# The first Python that is new enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin

# What also runs where there is no D-Bus session, as mypy sees it there.
ELSEWHERE := --no-warn-unreachable --follow-imports silent $(addprefix -p trayapp.,cli coding delivery desktop resident \
	servers settings) $(addprefix -m trayapp.tray.,backends drawing face fake_backend icon_faces \
	macos macos_icon menu native pixel_font signs windows windows_icon) \
	$(addprefix -m ,$(filter-out %__init__,$(subst /,.,$(basename $(wildcard trayapp/watching/*.py)))))

.PHONY: help run test test-desktops setup system desktops check pytest ordinary-user bench bench-watching soak icons man packaging pictures clean

help:
	@echo "make run     set up and start trayapp"
	@echo "make test    set up and check everything (about 20 minutes)"
	@echo "make test-desktops   the desktop tests, on GNOME Shell and KDE Plasma too"
	@echo "make check   style, types and import rules only"
	@echo "make bench   print what the cheap commands and today cost, the tray at rest, and a save until it arrives"
	@echo "make bench-watching   print what watching costs, beside watchdog, watchfiles and a bare loop"
	@echo "make soak    the campaigns at full length: the icon, and delivery against kills, faults and damage"
	@echo "make icons   draw the golden icons anew, and a sheet of them; make pictures: README's"
	@echo "make packaging   write the application's icon and the files of packaging/ anew"
	@echo "make man     write the manual page anew, after a change of options or --help"
	@echo "make clean   remove what these made"

run: $(VENV)/.installed
	$(BIN)/trayapp

test: system setup check pytest ordinary-user

test-desktops: system desktops setup
	$(BIN)/python -m pytest -n 2 --dist loadfile -m desktop

setup: $(VENV)/.developing

$(VENV)/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "trayapp needs Python 3.11 or newer" >&2; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --group packaging
	@touch $@

# Xvfb, a panel, D-Bus and a keyring, where they can be installed; elsewhere those tests say why they are skipped.
system:
	tests/setup/system-packages

# Two gigabytes of GNOME and KDE.
desktops:
	tests/setup/desktop-packages

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p trayapp -p tests
	$(BIN)/mypy --platform win32 $(ELSEWHERE)
	$(BIN)/mypy --platform darwin $(ELSEWHERE)
	$(BIN)/lint-imports --no-logo

# Most of a test is waiting, so two at a time; those of the desktops against the wheel.
pytest: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not desktop and not heavy"
	$(BIN)/python -m tests.packaging.against_wheel -n 2 --dist loadfile -m "desktop and not heavy"

# What root may do tells nothing about permissions: the wheel is installed for an ordinary user, who runs the tests.
ordinary-user: setup
	tests/setup/ordinary-user $(BIN)/python

bench: setup
	$(BIN)/python -m tests.benchmarks.start_up
	$(BIN)/python -m tests.benchmarks.today
	$(BIN)/python -m tests.benchmarks.at_rest
	$(BIN)/python -m tests.benchmarks.delivery

# Ours beside watchdog, watchfiles and a bare inotify loop; ten minutes.
bench-watching: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	$(BIN)/python -m tests.benchmarks.watching

# `make test` runs a short one of each. 10,000 changes of the icon and its menu; 200 times kill -9 of saving and sending,
# and 200 of recording; 10,000 heartbeats drained and 5,000 requests gone wrong for each kind of server; 1,000 times damage.
soak: setup
	TRAYAPP_SOAK=1 $(BIN)/python -m pytest -s --show-capture=no tests/tray/statusnotifier/test_soak.py \
		tests/delivery/campaigns tests/delivery/test_processes.py tests/delivery/test_damage.py

# The golden images that the tests compare with, and artifacts/icons.png to look at.
icons: setup
	$(BIN)/python -m tests.tray.contact_sheet

# packaging/linux/trayapp.1, from what --help says.
man: setup
	$(BIN)/python -m tests.cli.man_page

# The application's icon, and what packaging/ says of trayapp, from what it says itself.
packaging: setup
	$(BIN)/python -m tests.packaging.generate

# README's pictures, from a real panel.
pictures: system setup
	$(BIN)/python -m tests.desktop.readme_pictures
	$(BIN)/python -m pytest -m desktop tests/desktop/test_bars.py
	$(BIN)/python -m tests.desktop.bar_pictures

clean:
	rm -rf $(VENV) dist build artifacts .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
