# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to the collection: may change in any release without notice.
"""What an audit could not check. Pure functions."""

from __future__ import annotations

import typing as t

from .._access.names import some_of
from .._graph.text import label, printable
from .facts import Evidence, directory_of, has_two_factor, users_of


def gaps(evidence: Evidence) -> t.Iterator[tuple[str | None, str, str]]:
    """Yield what could not be checked: the id of the account where it is about one, the check, and the message."""
    for business_id, directory in evidence.directories.items():
        problems = [text for one in directory.listings for text in ([str(one.error)] if one.error else one.warnings)]
        if problems:
            said = printable("; ".join(problem.rstrip(".") for problem in problems))
            gap = "who left it, and perhaps who is to be removed or has no two-factor authentication"
            text = f"The people of the business {business_id} could not all be read, so it is unknown"
            yield None, "people", f"{text} {gap}: {said}."
    for account in evidence.accounts:
        name, waba_id = account.account.label, account.account.waba_id
        users = users_of(account).values()
        unknown = [user for user in users if has_two_factor(user, directory_of(user, evidence)) is None]
        if unknown:
            who = some_of([label(user.id, user.name) for user in unknown])
            text = "the API does not report whether these have two-factor authentication"
            yield waba_id, "two-factor", f"{name}: {text}: {who}."
        if not account.error and evidence.drift is not None and waba_id not in evidence.declared:
            text = "no access is declared for this account, so its users were not compared"
            yield waba_id, "declaration", f"{name}: {text}."
    for waba_id in evidence.declared.keys() - {account.account.waba_id for account in evidence.accounts}:
        yield (
            waba_id,
            "declaration",
            f"{waba_id}: access is declared for this account, and the account was not audited.",
        )
    for waba_id in (evidence.changes or {}).get("not_compared", []):
        yield waba_id, "baseline", f"{waba_id}: the account could not be read now or then, so changes are unknown."
