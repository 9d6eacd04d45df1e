# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
.PHONY: help test check demo sandbox bench build docs clean ready

# The Python that sets up .venv. Everything else comes from there.
PYTHON ?= python3
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache
NOX := .venv/bin/python -m nox --report .venv/report.json
SUMMARY := .venv/bin/python tests/tools/summary.py .venv/report.json

help:
	@echo "make test     every test, on every ansible-core and Python that is here (about ten minutes the first time)"
	@echo "make check    lint, types and unit tests: the quick round for everyday use"
	@echo "make demo     shows the collection at work, against a sandbox of the Graph API"
	@echo "make sandbox  starts that sandbox for your own experiments, until Ctrl-C (ARGS='--help' says more)"
	@echo "make bench    times it against other ways to do the same (most of an hour, five minutes with ARGS=--quick; ARGS='--help' says more)"
	@echo "make build    builds the artefact, dist/metaops-whatsapp-<version>.tar.gz"
	@echo "make docs     builds the documentation site, without warnings and broken links"
	@echo "make clean    removes all that these commands made: .venv, dist, caches"

ready:
	@$(PYTHON) tests/tools/bootstrap.py

test: ready
	@$(PYTHON) tests/tools/browser.py
	@echo "Running all tests, as many at a time as there are cores; each shows its output when it is through."
	@rm -f .venv/report.json; $(NOX) --tags test --parallel auto; status=$$?; $(SUMMARY) && exit $$status

check: ready
	@$(NOX) --tags check

build: ready
	@$(NOX) --session build

docs: ready
	@$(NOX) --session site

demo: ready
	@$(NOX) --session demo
	@exec .venv/nox/demo/bin/python tests/demo/run.py

sandbox:
	@exec $(PYTHON) tests/sandbox $(ARGS)

bench: ready
	@$(NOX) --session bench
	@exec .venv/nox/bench/bin/python tests/benchmark/run.py $(ARGS)

clean:
	rm -rf .venv dist tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
