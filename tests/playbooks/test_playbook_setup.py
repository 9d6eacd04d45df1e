# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The set-up: the playbook doctor and what it shows, with the real ansible-playbook."""

from __future__ import annotations

from pathlib import Path

from sandbox import Sandbox
from support.leaks import APP_SECRET, TOKEN, leaks, texts_of
from support.playbooks import may_change, run_named

CHECKS = ["api", "token", "app-secret", "scopes", "own-user", "business", "account", "people", "quota"]


def test_the_doctor_shows_a_checklist_and_fails_for_what_is_not_ok(tmp_path: Path) -> None:
    with Sandbox(token=TOKEN, app_secret=APP_SECRET, require_proof=True) as sandbox:
        secrets = {"WABA_APP_SECRET": APP_SECRET}
        good = run_named(tmp_path / "1", sandbox, "doctor", {}, ["-vvvvv"], secrets)
        swapped = {"WABA_ID": sandbox.business_id, "WABA_BUSINESS_ID": sandbox.waba_id}
        bad = run_named(tmp_path / "2", sandbox, "doctor", {}, ["--check"], {**secrets, **swapped})
        assert not any(may_change(request) for request in sandbox.log)
        unsigned = run_named(tmp_path / "3", sandbox, "doctor", {})
    assert good.rc == 0, good.output
    assert [line.partition(":")[0] for line in good.results[-1].result["msg"]] == [f"[ok] {name}" for name in CHECKS]
    lines = bad.results[-1].result["msg"]
    assert (bad.rc, len(lines)) == (2, len(CHECKS))
    assert [line for line in lines if line.startswith("[NOT OK] ")] == [
        (
            "[NOT OK] business: business_id is the id of the account Example Support (1234567890123456)."
            " -> Set business_id (WABA_BUSINESS_ID) to Example Business Inc (9876543210987654)."
        ),
        (
            "[NOT OK] account: waba_id is the id of an object of the type Business, not of an account."
            " -> Set waba_id (WABA_ID) to Example Support (1234567890123456). The access token sees Example Support"
            " (1234567890123456), Example Marketing (6543210987654321), Partner Hotline (5432109876543210)."
        ),
    ]
    assert "[not known] token: Not checked, see app-secret." in unsigned.results[-1].result["msg"]
    # The task that reads has not failed: the last one has, and printed the checklist alone.
    assert [result.status for result in unsigned.results] == ["ok", "failed"]
    assert [leak for run in (good, bad, unsigned) for leak in leaks(texts_of(run))] == []
