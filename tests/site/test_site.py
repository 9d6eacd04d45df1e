# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site as it was built: METAOPS_SITE names the folder of its pages."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(os.environ["METAOPS_SITE"])


@dataclass
class Page(HTMLParser):
    """A page: its anchors, the addresses that it refers to, and those of them that a browser loads by itself."""

    html: str
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value or "")
            elif name in ("href", "src"):
                self.links.append(value or "")
                if name == "src" or (tag == "link" and ("rel", "stylesheet") in attrs):
                    self.loaded.append(value or "")


def pages(site: Path) -> dict[Path, Page]:
    """Every page of a site."""
    return {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.glob("**/*.html"))}


def broken(site: Path) -> list[str]:
    """The links within a site that lead nowhere, a line each."""
    found = []
    everything = pages(site)
    for path, page in everything.items():
        for link in page.links:
            parts = urlsplit(link)
            if elsewhere(link):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                found.append(f"{path.name}: {link}: no such page")
            elif anchor and target in everything and anchor not in everything[target].anchors:
                found.append(f"{path.name}: {link}: no such anchor")
    return found


def elsewhere(link: str) -> bool:
    """Whether a link leads out of the site."""
    return bool(urlsplit(link).scheme or urlsplit(link).netloc)


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "b.html").write_text("<h1 id='here'>B</h1>")
    links = [
        "b.html",
        "b.html#here",
        "b.html#gone",
        "c.html",
        "#top",
        "#gone",
        "https://example.com/",
        "//example.com/a",
    ]
    (tmp_path / "a.html").write_text("<p id='top'>" + "".join(f'<a href="{link}">x</a>' for link in links))
    assert broken(tmp_path) == [
        "a.html: b.html#gone: no such anchor",
        "a.html: c.html: no such page",
        "a.html: #gone: no such anchor",
    ]


def test_no_link_within_the_site_is_broken() -> None:
    assert pages(SITE)
    assert broken(SITE) == []


def test_links_elsewhere_are_https_and_nothing_is_loaded_from_there(capsys: pytest.CaptureFixture[str]) -> None:
    found = sorted({link for page in pages(SITE).values() for link in page.links if elsewhere(link)})
    with capsys.disabled():
        sys.stdout.write("\nLinks elsewhere, which are listed and not fetched:\n")
        sys.stdout.writelines(f"  {link}\n" for link in found if "/edit/" not in link)
    assert [link for link in found if not link.startswith("https://")] == []
    ours = [
        path for link in found for path in re.findall(r"/ansible-collection-whatsapp/(?:blob|edit)/main/([^?#]+)", link)
    ]
    assert ours
    assert [path for path in ours if not (ROOT / path).is_file()] == []
    assert {path.name: list(filter(elsewhere, page.loaded)) for path, page in pages(SITE).items()} == {
        path.name: [] for path in pages(SITE)
    }


def test_every_guide_and_every_plugin_has_its_page() -> None:
    index = Page((SITE / "index.html").read_text(encoding="utf-8"))
    guides = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))
    names = [name for section in guides["sections"] for name in section["toctree"]]
    assert sorted(names) == sorted(path.stem for path in (ROOT / "docs" / "docsite" / "rst").glob("*.rst"))
    expected = [f"docsite/{name}.html" for name in names]
    kinds = {"modules": "module", "filter": "filter", "inventory": "inventory", "lookup": "lookup"}
    for folder, kind in kinds.items():
        expected += [f"{path.stem}_{kind}.html" for path in (ROOT / "plugins" / folder).glob("[a-z]*.py")]
    expected += [f"{path.name}_role.html" for path in (ROOT / "roles").iterdir()]
    assert set(expected) <= set(index.links)
