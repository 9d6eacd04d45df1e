# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the pictures of the guide to audits from a page, light and dark: ``python tools/pictures.py PAGE``.

PAGE is that of the demo: ``make demo`` leaves it in .venv/demo-audit. It needs selenium and chromium, as the session
``page`` of nox does.
"""

from __future__ import annotations

import base64
import shutil
import sys
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "docsite" / "rst" / "images"
#: Each picture: the element that it begins with, and its height in pixels of the page; 0 is the element's own. The
#: matrix is that of an account which is not as declared.
PICTURES = {"audit-findings": ("header", 1000), "audit-matrix": ("section:has(> .scroll > .matrix .badge.high)", 0)}


def main(page: Path) -> None:
    options = webdriver.ChromeOptions()
    for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(flag)
    driver: Any = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        metrics = {"width": 1200, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        for scheme, ending in (("light", ""), ("dark", "-dark")):
            media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            driver.get(page.resolve().as_uri())
            driver.execute_script(
                "for (const one of document.querySelectorAll('[data-part]')) one.style.contentVisibility = 'visible'"
            )
            for name, (selector, height) in PICTURES.items():
                top, own = driver.execute_script(
                    "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
                    "return [box.top + scrollY - 16, box.height + 32]",
                    selector,
                )
                clip = {"x": 0, "y": top, "width": 1200, "height": height or own, "scale": 1}
                taken = driver.execute_cdp_cmd(
                    "Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True}
                )
                (IMAGES / f"{name}{ending}.png").write_bytes(base64.b64decode(taken["data"]))
    finally:
        driver.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
