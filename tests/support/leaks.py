# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Searches for secrets in whatever was put out or left behind.

The token has characters that look otherwise in a URL and in JSON, so that it is not only searched for as it is.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import quote, quote_plus

from support.playbooks import Run

TOKEN = 'EAAsecret"quoted/and+more=of|them%41-7Qm2ZCxT9pLwR4vYdH1nJ6sGfA8uEo'
APP_SECRET = "c0ffee5ec2e7c0ffee5ec2e7c0ffee5e"
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
SECRETS = {"token": TOKEN, "app secret": APP_SECRET, "proof": PROOF}


def found(text: str, secret: str) -> list[str]:
    """The forms in which a secret is in a text."""
    forms = {
        "raw": secret,
        "in a URL": quote(secret, safe=""),
        "in a URL's path": quote(secret),
        "in a form": quote_plus(secret),
        "in a batch's form": quote_plus(quote_plus(secret)),
        "in JSON": json.dumps(secret)[1:-1],
        "in JSON in JSON": json.dumps(json.dumps(secret)[1:-1])[1:-1],
        "in Python": repr(secret)[1:-1],
    }
    return [name for name, form in forms.items() if form in text]


def leaks(texts: dict[str, str]) -> list[str]:
    """Where which secret is to be seen."""
    return [
        f"{secret_name} {form} in {place}"
        for place, text in texts.items()
        for secret_name, secret in SECRETS.items()
        for form in found(text, secret)
    ]


def texts_of(run: Run) -> dict[str, str]:
    """All that a run has put out or left behind, but for what went into it."""
    left_behind = {
        str(path.relative_to(run.folder)): path.read_bytes().decode("utf-8", "replace")
        for path in sorted(run.folder.rglob("*"))
        if path.is_file() and path.name not in ("playbook.yml", ".netrc", "record.jsonl", "ansible.log")
    }
    return {
        "stdout": run.stdout,
        "stderr": run.stderr,
        "ansible.log": run.log,
        "results": run.record,
        **left_behind,
        "names of files": "\n".join(str(path) for path in run.folder.rglob("*")),
    }
