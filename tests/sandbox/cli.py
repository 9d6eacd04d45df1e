# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from .app import Sandbox, SeedError
from .behaviours import Behaviours
from .faults import KINDS, fault_from_text

_TYPES: dict[str, Any] = {"id": str, "count": int, "milliseconds": float, "seconds": float}
_METAVARS = {
    "id": "ID",
    "count": "N",
    "milliseconds": "MS",
    "seconds": "SECONDS",
    "ids": "ID",
    "tasks": "TASK",
    "versions": "VERSION",
    "fields": "FIELD",
    "edges": "EDGE",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, without the usage, and exit status 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The flags: those of the sandbox itself, and one for each behaviour."""
    made = _Parser(
        prog="sandbox",
        description="A stand-in for Meta's Graph API: the assigned users of a WhatsApp Business Account.",
        allow_abbrev=False,
    )
    made.add_argument("--host", default="127.0.0.1", help="address to listen on: 127.0.0.1 (default) or ::1")
    made.add_argument("--port", type=int, default=0, metavar="N", help="port to listen on (default: a free one)")
    made.add_argument("--seed", metavar="FILE", help="JSON file with tokens, businesses, people and accounts")
    made.add_argument(
        "--people", type=int, default=0, metavar="N", help="assign N more, made-up people to the first account"
    )
    made.add_argument(
        "--accounts", type=int, default=0, metavar="N", help="N made-up accounts in place of those of the built-in seed"
    )
    made.add_argument(
        "--people-each", type=int, default=20, metavar="M", help="users on each of these accounts (default: 20)"
    )
    made.add_argument("--token", metavar="T", help="value of the first token")
    made.add_argument("--app-secret", metavar="S", help="the app's secret")
    made.add_argument(
        "--port-file", metavar="FILE", help="file to write url, token, app_secret, pid... to, once listening"
    )
    made.add_argument("--log", dest="log_file", metavar="FILE", help="file to append the request log to, as JSON lines")
    made.add_argument("--cert-file", metavar="FILE", help="PEM certificate chain: speak https")
    made.add_argument("--key-file", metavar="FILE", help="PEM key, where the certificate's file has none")
    made.add_argument(
        "--fault",
        dest="faults",
        action="append",
        default=[],
        metavar="SPEC",
        help=f"a fault, as a JSON object or kind,parameter=value,...; repeatable. Kinds: {', '.join(KINDS)}",
    )
    for setting in fields(Behaviours):
        _add_behaviour(made, setting)
    return made


def _add_behaviour(made: argparse.ArgumentParser, setting: Any) -> None:
    flag = "--" + setting.name.replace("_", "-")
    meta = setting.metadata
    options: dict[str, Any] = {"default": setting.default, "help": meta["help"]}
    if meta["kind"] == "flag":
        options["action"] = argparse.BooleanOptionalAction if setting.default else "store_true"
    elif meta["kind"] == "choice":
        options["choices"] = meta["choices"]
    elif meta["kind"] in _TYPES:
        options.update(type=_TYPES[meta["kind"]], metavar=_METAVARS[meta["kind"]])
    else:
        options.update(nargs="+", metavar=_METAVARS[meta["kind"]])
    made.add_argument(flag, **options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Exits with 2 and one line for options that cannot be."""
    made = parser()
    options = vars(made.parse_args(arguments))
    sandbox = _sandbox(made, options)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    try:
        sandbox.start()
    except OSError as error:
        made.error(f"argument --port-file: {error}")
    # Whoever started it may not read what it prints; it serves all the same.
    with contextlib.suppress(BrokenPipeError):
        print(_greeting(sandbox), flush=True)
    ended.wait()
    sandbox.stop()
    return 0


def _sandbox(made: argparse.ArgumentParser, options: dict[str, Any]) -> Sandbox:
    if not 0 <= options["port"] <= 65535:
        made.error(f"argument --port: must be between 0 and 65535, not {options['port']}")
    if options["people"] < 0:
        made.error(f"argument --people: must be 0 or more, not {options['people']}")
    if options["log_file"]:
        try:
            with Path(options["log_file"]).open("a", encoding="utf-8"):
                pass
        except OSError as error:
            made.error(f"argument --log: {error}")
    try:
        options["faults"] = [fault_from_text(text) for text in options["faults"]]
    except (TypeError, ValueError) as error:
        made.error(f"argument --fault: {error}")
    try:
        return Sandbox(**options)
    except SeedError as error:
        made.error(f"argument --seed: {error}")
    except ValueError as error:
        name, _colon, reason = str(error).partition(": ")
        made.error(f"argument --{name.replace('_', '-')}: {reason}")
    except OSError as error:
        made.error(f"argument --host/--port: {error}")


def _greeting(sandbox: Sandbox) -> str:
    exports = {
        "WABA_API_URL": sandbox.url,
        "WABA_ACCESS_TOKEN": sandbox.token,
        "WABA_APP_SECRET": sandbox.app_secret,
        "WABA_ID": sandbox.waba_id,
        "WABA_BUSINESS_ID": sandbox.business_id,
    }
    pasted = " ".join(f"{name}={value}" for name, value in exports.items())
    return (
        f"Sandbox of the Graph API at {sandbox.url}\n"
        "Paste this line into another shell, and go on with step 2 of Try it on a sandbox in README.md.\n"
        f"export {pasted}\n"
        "Ctrl-C ends it."
    )


if __name__ == "__main__":
    sys.exit(main())
