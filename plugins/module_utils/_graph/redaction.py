# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""Secrets taken out of texts, in whatever spelling a server or a library puts them there."""

from __future__ import annotations

import logging
import re
import typing as t

_MASK = "********"
# Without one of these a text spells each character as it is.
_ESCAPES = ("%", "\\", "&#")


class Redaction:
    """Takes secrets out of texts."""

    def __init__(self, secrets: t.Sequence[str]) -> None:
        self._plain = sorted(secrets, key=len, reverse=True)
        self._escaped = re.compile("|".join("".join(map(_spellings, secret)) for secret in self._plain))

    def __call__(self, text: str) -> str:
        """The text without any secret in it: as it is, percent-encoded, escaped as in JSON, or as HTML entities."""
        for secret in self._plain:
            text = text.replace(secret, _MASK)
        if any(mark in text for mark in _ESCAPES):
            text = self._escaped.sub(_MASK, text)
        return text


class LogFilter(logging.Filter):
    """Takes the secrets out of what urllib3 logs: some of it holds URLs, and an inventory runs where Ansible logs."""

    def __init__(self, redact: t.Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        """Let it pass, without secrets and without the exception, whose text can hold what a server repeats."""
        record.msg, record.args, record.exc_info = self._redact(record.getMessage()), None, None
        return True


#: A filter is not asked about what the loggers below log: here are all that urllib3 has.
LOGGERS = [
    logging.getLogger(f"urllib3.{name}")
    for name in ("connection", "connectionpool", "poolmanager", "response", "util.retry")
]


def _spellings(character: str) -> str:
    """A pattern for one character in every spelling."""
    code = ord(character)
    byte = "".join(f"[{digit.lower()}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{code:02x}")
    literal = re.escape(character)
    return rf"(?:\\?{literal}|%{byte}|\\[uU]00{byte}|&#0*{code};?|&#[xX]0*{byte};?)"
