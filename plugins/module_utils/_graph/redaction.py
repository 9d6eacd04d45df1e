# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redaction of secrets in texts, in any spelling that a server or a library uses."""

from __future__ import annotations

import logging
import re
import typing as t

_MASK = "********"
# A text without these has no escaped characters.
_ESCAPES = ("%", "\\", "&#")


class Redaction:
    def __init__(self, secrets: t.Sequence[str]) -> None:
        self._plain = sorted(secrets, key=len, reverse=True)
        self._escaped = re.compile("|".join("".join(map(_spellings, secret)) for secret in self._plain))

    def __call__(self, text: str) -> str:
        """Return the text without secrets: plain, percent-encoded, escaped as in JSON, or as HTML entities."""
        for secret in self._plain:
            text = text.replace(secret, _MASK)
        if any(mark in text for mark in _ESCAPES):
            text = self._escaped.sub(_MASK, text)
        return text


class LogFilter(logging.Filter):
    """Redacts the logs of urllib3, which hold URLs: Ansible logs them where an inventory plugin runs."""

    def __init__(self, redact: t.Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record, and remove its exception, whose text can hold what a server repeats."""
        record.msg, record.args, record.exc_info = self._redact(record.getMessage()), None, None
        return True


#: All loggers of urllib3: a logger's filter does not apply to the loggers below it.
LOGGERS = [
    logging.getLogger(f"urllib3.{name}")
    for name in ("connection", "connectionpool", "poolmanager", "response", "util.retry")
]


def _spellings(character: str) -> str:
    """Return a pattern for every spelling of a character. In a batch's form it can be percent-encoded twice."""
    code = ord(character)
    byte = "".join(f"[{digit.lower()}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{code:02x}")
    literal = re.escape(character)
    return rf"(?:\\?{literal}|%(?:25)*{byte}|\\[uU]00{byte}|&#0*{code};?|&#[xX]0*{byte};?)"
