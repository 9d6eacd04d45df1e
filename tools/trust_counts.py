# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says at the end of ``make trust`` how much was tried, and how often it failed."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path


def main(folder: Path) -> int:
    parts = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    if not parts:
        print("\nNothing was tried: the lines above say why.")
        return 1
    total: Counter[str] = Counter()
    for counts in parts.values():
        total.update(counts)
    print(f"\nTried in {', '.join(parts)}:")
    for what, number in total.items():
        print(f"{number:11,} {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
