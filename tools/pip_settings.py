# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads pip's settings, and says the same to uv, which reads none of them.

Where pip works, because ``pip.conf`` or the environment names an index, local wheels, a proxy or a certificate
authority, uv works as well.
"""

from __future__ import annotations

import ast
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

# Sections of pip's settings for `pip install`: a later one overrides an earlier one.
_SECTIONS = ("global", "install", ":env:")

# pip's setting -> uv's variable, and what separates several values in it.
_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", ""),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", ""),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "constraint": ("UV_CONSTRAINT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", ""),
    "default-timeout": ("UV_HTTP_TIMEOUT", ""),
    "client-cert": ("SSL_CLIENT_CERT", ""),
    "proxy": ("ALL_PROXY", ""),
}
# Paths, in which pip expands a leading ~.
_PATHS = ("cert", "client-cert", "constraint", "find-links")


def read(python: str = sys.executable) -> dict[str, str]:
    """Return pip's settings for `pip install`, from its files and the environment, by the names of its options."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return parse(done.stdout)


def parse(listed: str) -> dict[str, str]:
    """Return the settings from the output of ``pip config list``, which has lines like ``global.timeout='60'``."""
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for line in listed.splitlines():
        match = re.match(r"(global|install|:env:)\.([\w-]+)=(.+)$", line)
        if match:
            found[match[1]][match[2].lower().replace("_", "-")] = str(ast.literal_eval(match[3]))
    return {name: value for section in _SECTIONS for name, value in found[section].items() if value}


def for_uv(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which uv uses pip's settings. What the environment sets for uv itself stays."""
    # uv stops at the first index that has a package. pip takes the best version of all of them.
    variables = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name, (variable, separator) in _VARIABLES.items():
        values = _values(name, settings.get(name, ""))
        if values:
            variables[variable] = separator.join(values) if separator else values[0]
    if settings.get("keyring-provider") == "subprocess":
        variables["UV_KEYRING_PROVIDER"] = "subprocess"
    variables.update(_trust(settings, environment))
    return {name: value for name, value in variables.items() if not environment.get(name)}


def write(home: Path, settings: Mapping[str, str]) -> None:
    """Write these settings where a pip with this home folder reads them."""
    file = home / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_text(for_pip(settings, os.environ), encoding="utf-8")


def for_pip(settings: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """Return a ``pip.conf`` with these settings, for a pip that has another home folder and environment."""
    authority = _authority(settings, environment)
    kept = {**settings, **({"cert": authority} if authority else {})}
    lines = [f"{name} = {' '.join(_values(name, value)) or value}" for name, value in kept.items()]
    return "\n".join(["[global]", *lines]) + "\n"


def _values(name: str, value: str) -> list[str]:
    """Return the values of a setting; what pip takes for "no" is none."""
    if name == "no-index" and value.lower() in ("0", "n", "no", "off", "f", "false"):
        return []
    return [os.path.expanduser(each) if name in _PATHS else each for each in value.split()]  # noqa: PTH111 - URLs, too


def _authority(settings: Mapping[str, str], environment: Mapping[str, str]) -> str | None:
    """Return the file or folder of certificate authorities that pip is told to trust."""
    told = (settings.get("cert"), environment.get("REQUESTS_CA_BUNDLE"), environment.get("CURL_CA_BUNDLE"))
    return next((str(Path(path).expanduser()) for path in told if path), None)


def _trust(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which uv trusts the authorities that pip trusts.

    uv has certificates of its own, as old releases of pip do. New ones trust those of the machine as well.
    """
    authority = _authority(settings, environment)
    if authority:
        # These take the place of all others.
        return {"SSL_CERT_DIR" if Path(authority).is_dir() else "SSL_CERT_FILE": authority}
    paths = ssl.get_default_verify_paths()
    has_store = sys.platform == "darwin" or paths.cafile or (paths.capath and any(Path(paths.capath).iterdir()))
    return {"UV_SYSTEM_CERTS": "true"} if has_store else {}
