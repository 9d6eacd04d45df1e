# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
.PHONY: help test check matrix trust demo sandbox bench build docs surface release clean ready

# The Python that sets up .venv. Everything else comes from there.
PYTHON ?= python3
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache
# What the random tests of make trust draw from: another number each time, or the one that is given to replay a failure.
ifndef SEED
SEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d " ")
endif
NOX := .venv/bin/python -m nox --report .venv/report.json
SUMMARY := .venv/bin/python tools/summary.py .venv/report.json

help:
	@echo "make test     every test, on every ansible-core and Python that is here (about a quarter of an hour)"
	@echo "make check    lint, types and unit tests: the quick round for everyday use"
	@echo "make matrix   the tests that depend on it, on every supported ansible-core, and a table of them for a guide"
	@echo "make trust    tries to break it, as often as can be: faults, kills, hostile servers (about an hour), and counts"
	@echo "make demo     shows the collection at work, against a sandbox of the Graph API"
	@echo "make sandbox  starts that sandbox for your own experiments, until Ctrl-C (ARGS='--help' says more)"
	@echo "make bench    times it against other ways to do the same (ten minutes, three with ARGS=--quick; ARGS='--help' says more)"
	@echo "make build    builds the artifact, dist/metaops-whatsapp-<version>.tar.gz"
	@echo "make docs     builds the documentation site, without warnings and broken links"
	@echo "make surface  writes docs/public_surface.md: every name that a playbook can use"
	@echo "make release  prepares a release: make release VERSION=1.2.3 sets the version, makes the changelog, tests, builds"
	@echo "make clean    removes all that these commands made: .venv, dist, caches"

ready:
	@$(PYTHON) tools/bootstrap.py

test: ready
	@$(PYTHON) tools/browser.py
	@$(PYTHON) tools/directory_server.py
	@$(PYTHON) tools/java.py
	@echo "Running all tests, as many at a time as there are cores; each shows its output when it is through."
	@rm -f .venv/report.json; $(NOX) --tags test --parallel auto; status=$$?; $(SUMMARY) && exit $$status

check: ready
	@$(NOX) --tags check --parallel auto

matrix: ready
	@echo "Running every supported ansible-core, as many at a time as there are cores."
	@rm -rf .venv/matrix; $(NOX) --tags matrix --parallel auto; status=$$?; .venv/bin/python tools/matrix_table.py && exit $$status

trust: ready
	@echo "Trying to break it, as much at a time as there are cores; each part shows its output when it is through."
	@echo "The seed is $(SEED): make trust SEED=$(SEED) tries the same again."
	@rm -rf .venv/trust; METAOPS_SEED=$(SEED) $(NOX) --session trust_logic trust_platform --parallel auto; status=$$?; \
	.venv/bin/python tools/trust_counts.py .venv/trust && echo "The seed was $(SEED)." && exit $$status

build: ready
	@$(NOX) --session build

docs: ready
	@$(NOX) --session site

surface: ready
	@$(NOX) --session surface

demo:
	@echo "The demo builds and installs the collection, and runs its playbooks on a sandbox of Meta's API on this machine."
	@echo "It takes about half a minute; the first time, it sets up .venv before."
	@$(MAKE) --no-print-directory ready
	@$(NOX) --session demo
	@exec .venv/nox/demo/bin/python tools/demo.py

sandbox:
	@exec $(PYTHON) tests/sandbox $(ARGS)

bench: ready
	@$(NOX) --session bench
	@exec .venv/nox/bench/bin/python tools/benchmark/run.py $(ARGS)

release: ready
	@$(NOX) --session release -- "$$VERSION"
	@$(MAKE) --no-print-directory test build || { echo "It is not released. To take the preparation back: git restore ."; exit 1; }
	@.venv/nox/release/bin/python tools/release.py commands "$$VERSION"

clean:
	rm -rf .venv dist tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
