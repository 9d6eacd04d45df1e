# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes a site of antsibull-docs this project's: settings, styles, and where Ansible's own documentation is."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

ANSIBLE = "https://docs.ansible.com/projects/ansible/latest/"
REPOSITORY = "https://github.com/metaops/ansible-collection-whatsapp"
#: What pages refer to in Ansible's own documentation, by kind and name: its inventory would have to be fetched.
OBJECTS = {
    ("label", "ansible_configuration_settings"): "config.html#ansible-configuration-settings",
    ("label", "common_return_values"): "common_return_values.html#common-return-values",
    ("envvar", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"): (
        "config.html#envvar-ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"
    ),
}
INVENTORY = "ansible.inv"
STYLES = "site.css"

# Appended to the conf.py of `antsibull-docs sphinx-init`; what comes later counts.
SETTINGS = f"""
copyright = "metaops.whatsapp contributors"
intersphinx_mapping = {{"ansible": ("{ANSIBLE}", "../{INVENTORY}")}}
html_static_path = ["static"]
html_css_files = ["{STYLES}"]
html_show_sourcelink = False
# Else the bar at the top leads to the root of whatever server the site is on.
html_theme_options = {{"documentation_home_url": "{REPOSITORY}"}}
"""

# The theme cuts off long names in its menu, and lets tables run out of a narrow screen.
CSS = """
.wy-menu-vertical a { font-size: 80%; overflow-wrap: anywhere; }
.rst-content table.docutils td { overflow-wrap: anywhere; white-space: normal; }
"""


def main(site: Path) -> None:
    """Makes the folder that `antsibull-docs sphinx-init` has filled ours."""
    with (site / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(SETTINGS)
    (site / "static").mkdir(exist_ok=True)
    (site / "static" / STYLES).write_text(CSS, encoding="utf-8")
    (site / INVENTORY).write_bytes(_inventory())
    # antsibull-docs wants this folder writable by its owner alone.
    (site / "rst").mkdir(mode=0o755, exist_ok=True)
    (site / "rst").chmod(0o755)


def _inventory() -> bytes:
    """Objects of another site in the format of Sphinx's objects.inv, version 2."""
    head = ["Sphinx inventory version 2", "Project: Ansible", "Version: ", "The remainder is compressed using zlib."]
    lines = "".join(
        f"{name} std:{kind} -1 reference_appendices/{page} {name}\n" for (kind, name), page in OBJECTS.items()
    )
    return "".join(f"# {line}\n" for line in head).encode() + zlib.compress(lines.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
