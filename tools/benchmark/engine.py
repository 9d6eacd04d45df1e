# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module in this process and measures its logic: `engine.py MODULE OPTIONS.json OUTPUT.json`.

Ansible's own share, reading arguments and writing the result, is outside of what is measured. The output holds
`seconds` of processor time and `peak`, the most memory that the process held until then, in bytes.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.testing import patch_module_args


def main(name: str, options_file: str, output: str) -> None:
    module: Any = importlib.import_module(f"ansible_collections.metaops.whatsapp.plugins.modules.{name}")
    run_module = module.run_module

    def run_measured(logic: Any, *more: Any) -> None:
        def measured(params: Any, client: Any) -> Any:
            start = time.process_time()
            result = logic(params, client)
            seconds = time.process_time() - start
            Path(output).write_text(json.dumps({"seconds": seconds, "peak": peak()}))
            return result

        run_module(measured, *more)

    module.run_module = run_measured
    with patch_module_args(json.loads(Path(options_file).read_text())):
        module.main()


def peak() -> int:
    """The most memory that this program held. Linux's `ru_maxrss` includes that of the program that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main(*sys.argv[1:])
