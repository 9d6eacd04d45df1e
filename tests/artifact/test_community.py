# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible's community asks for is where CONTRIBUTING.md says, and GitHub can use it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from artifact.built import INSTALLED, ROOT

PAGES = ("README.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md", ".github/PULL_REQUEST_TEMPLATE.md")
#: What GitHub shows before any code of ours.
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PLUGIN_FOLDERS = {"doc_fragments", "filter", "inventory", "lookup", "module_utils", "modules", "plugin_utils"}


@pytest.mark.parametrize("page", PAGES)
def test_links_within_the_repository_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    own = "https://github.com/metaops/ansible-collection-whatsapp/blob/main/"
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _hash, anchor = link.replace(own, "").partition("#")
        if name.startswith(("https://", "http://")):
            continue
        target = ROOT / name if link.startswith(own) else (ROOT / page).parent / name
        assert target.exists(), link
        if anchor:
            headings = re.findall(
                r"^#+ (.+)$", (target if name else ROOT / page).read_text(encoding="utf-8"), re.MULTILINE
            )
            slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, link


@pytest.mark.parametrize("form", [form for form in FORMS if form.name != "config.yml"], ids=lambda form: form.stem)
def test_an_issue_form_is_one(form: Path) -> None:
    """As GitHub documents its schema: an id of its own for all that is asked, and something that has to be told."""
    content = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= content.keys() <= {"name", "description", "body", "labels"}
    asked = [part for part in content["body"] if part["type"] != "markdown"]
    assert {part["type"] for part in asked} <= {"textarea", "input", "dropdown", "checkboxes"}
    assert len({part["id"] for part in asked}) == len(asked) > 0
    assert all(part["attributes"]["label"] for part in asked)
    assert any(part.get("validations", {}).get("required") for part in asked)


def test_what_is_about_security_goes_another_way() -> None:
    config = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml").read_text(encoding="utf-8"))
    assert config["blank_issues_enabled"] is False
    assert any(link["url"].endswith("/security/advisories/new") for link in config["contact_links"])
    assert all(link.keys() == {"name", "url", "about"} for link in config["contact_links"])


def test_every_test_runs_for_every_change_and_every_week() -> None:
    jobs = set()
    for name in ("ci", "matrix"):
        workflow = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))
        # For YAML 1.1 the key is a truth value.
        assert {"pull_request", "schedule"} <= workflow[True].keys()
        jobs |= workflow["jobs"].keys()
    assert jobs == {"check", "test", "matrix"}


def test_what_is_private_looks_like_it() -> None:
    plugins = INSTALLED / "plugins"
    assert {path.name for path in plugins.iterdir() if path.is_dir()} == PLUGIN_FOLDERS
    private = [path for folder in ("module_utils", "plugin_utils") for path in (plugins / folder).glob("*.py")]
    private += [path for path in (plugins / "module_utils").iterdir() if path.is_dir()]
    assert private
    for path in private:
        assert path.name.startswith("_")
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "Everything in `module_utils` and `plugin_utils` is private to the collection." in contributing


def test_no_sanity_test_is_ignored() -> None:
    assert list((ROOT / "tests").glob("sanity/ignore*")) == []


@pytest.mark.parametrize("what", ["an option", "an edge of the API", "a finding of the audit"])
def test_how_to_add_something_is_ten_lines_with_files_that_exist(what: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    answer = text.partition(f"### How do I add {what}?\n")[2].partition("\n\n###")[0].partition("\n\nEverything in")[0]
    steps = answer[answer.index("1. ") :].strip().splitlines()
    assert 5 <= len(steps) <= 10
    named = [path for path in re.findall(r"`([\w./]+)`", "\n".join(steps)) if "/" in path]
    assert len(named) >= 5
    # Fragments come and go.
    missing = {
        path for path in named if not any((ROOT / above / path).exists() for above in ("", "plugins/module_utils"))
    }
    assert missing <= {"changelogs/fragments"}
