# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of an audit in a real browser: what it shows, what it lets nobody do, and whether everybody can use it."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
import selenium_axe_python
from sandbox import Sandbox
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from support.audits import audit
from support.playbooks import JANE, JOHN, Json

sys.path.insert(0, os.environ["METAOPS_COLLECTIONS"])

from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.tasks import TASKS
from ansible_collections.metaops.whatsapp.plugins.plugin_utils._audit_page import as_page
from support.audit_facts import report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
AXE = Path(selenium_axe_python.__file__).parent / "axe-core" / "axe.min.js"
OURS = {"id": "9876543210987654", "name": "Example Business Inc"}
ALERT = "document.documentElement.dataset.ran=1"

pytestmark = pytest.mark.skipif(
    BROWSER is None or DRIVER is None,
    reason="chromium and chromedriver are not on PATH; on Debian: apt install chromium chromium-driver",
)


class Browser:
    """Chromium, with what it says of scripts and policies."""

    def __init__(self, folder: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = str(BROWSER)
        for flag in (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1200,900",
            f"--user-data-dir={folder}",
        ):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver: Any = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
        self.driver.set_script_timeout(120)

    def command(self, name: str, **parameters: Any) -> None:
        """A command of the DevTools protocol."""
        self.driver.execute_cdp_cmd(name, parameters)

    def media(self, scheme: str = "light", medium: str = "") -> None:
        self.command(
            "Emulation.setEmulatedMedia", media=medium, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )

    def width(self, pixels: int) -> None:
        self.command(
            "Emulation.setDeviceMetricsOverride", width=pixels, height=900, deviceScaleFactor=1, mobile=pixels < 600
        )

    def open(self, page: Path) -> None:
        self.driver.get(page.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        return list(self.driver.find_elements("css selector", selector))

    def one(self, selector: str) -> WebElement:
        found: WebElement = self.driver.find_element("css selector", selector)
        return found

    def texts(self, selector: str) -> list[str]:
        """The texts of the elements that are not hidden."""
        return list(
            self.run(
                "return [...document.querySelectorAll(arguments[0])]"
                ".filter(one => !one.closest('[hidden]')).map(one => one.textContent.trim())",
                selector,
            )
        )

    def settle(self) -> None:
        """Wait until the filter has done what was typed."""
        self.driver.execute_async_script(
            "const done = arguments[0]; setTimeout(() => requestAnimationFrame(() => done()), 400)"
        )

    @property
    def complaints(self) -> list[str]:
        """What the browser has said of errors and refusals since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.driver.quit()
    started.driver.service.stop()


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The browser as at its start, and nothing said yet."""
    chromium.media()
    chromium.width(1200)
    assert chromium.complaints is not None
    return chromium


def user(user_id: str, name: str, *tasks: str, **facts: Any) -> Json:
    return {
        "id": user_id,
        "name": name,
        "user_type": "BUSINESS_USER",
        "business": OURS,
        "tasks": list(tasks) or None,
        **facts,
    }


def account(waba_id: str, name: str, *users: Json, **facts: Any) -> Json:
    return {"waba_id": waba_id, "name": name, "business_id": OURS["id"], "assigned_users": list(users), **facts}


def write(folder: Path, *accounts: Json, **options: Any) -> Path:
    """The page of these accounts."""
    made = report(*accounts, max_full_control=1, **options)
    page = folder / "page.html"
    page.write_text(as_page(made), encoding="utf-8")
    return page


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """A page with all that a page can have."""
    john = user("21", "John Smith", "MANAGE", "MANAGE_USERS")
    bot = user("22", "Automation Bot", "FULL_CONTROL", user_type="SYSTEM_USER")
    maria = user("3", "Maria Garcia", "MESSAGING")
    accounts = [
        account("1", "Support", john, bot, maria, user("4", "Zoë", "MESSAGING", "A_TASK_OF_TOMORROW"), user("5", "Li")),
        account("2", "Marketing", maria, user("6", "Pat", "FULL_CONTROL", business={"id": "8", "name": "Partner"})),
        account("7", "Hotline", msg="Need permission"),
        account("8", "Empty"),
    ]
    wishes = [
        {"user_id": "21", "tasks": ["MANAGE"]},
        {"user_id": "23", "tasks": ["DEVELOP"]},
        {"user_id": "3", "tasks": ["MESSAGING"]},
    ]
    declared = [{"waba_id": "1", "users": wishes, "purge_users": True}, {"waba_id": "2", "users": wishes[2:]}]
    people = {
        OURS["id"]: {
            "business_users": [{"id": "3", "two_fac_status": "DISABLED", "marked_for_removal": True}],
            "unread": [],
        }
    }
    earlier = report(
        account("1", "Support", {**john, "tasks": ["MANAGE"]}, user("9", "Eva", "DEVELOP")),
        account("4", "Old"),
        generated_at="2026-10-22T06:00:00Z",
        max_full_control=1,
    )
    made = report(*accounts, declared=declared, directories=people, baseline=json.dumps(earlier), max_full_control=1)
    page = tmp_path / "page.html"
    page.write_text(as_page({**made, **beside(made)}), encoding="utf-8")
    return page


ADMIN = "31"


def beside(made: Json) -> Json:
    """What a report has beside the assigned users: an admin who is not assigned, an accepted finding, and more."""
    ways = [{"way": "admin", "waba_ids": ["1", "7"]}]
    admin = {"user_id": ADMIN, "name": "Ada Admin", "user_type": "BUSINESS_USER", "role": "ADMIN", "ways": ways}
    accepted = {"reason": "Known, ticket 42", "valid_until": "2027-01-31"}
    invitation = {"business_id": OURS["id"], "id": "41", "role": "ADMIN", "status": "PENDING", "invited_by": "John"}
    activity = {
        "waba_id": "1",
        "at": "2026-11-20T10:00:00",
        "type": "ADD",
        "actor": "John",
        "target": "Li",
        "text": "x",
    }
    return {
        "declaration": "access.yml at 3f2c1ab",
        "token_user": {"id": "22", "name": "Automation Bot"},
        "businesses": [OURS],
        "people": [*made["people"], {**admin, "business_id": OURS["id"]}],
        "findings": [*made["findings"][:-1], {**made["findings"][-1], "accepted": accepted}],
        "invitations": [{**invitation, "expires": "2026-12-24"}],
        "activities": [activity],
        "accounts": [{**one, "owner": OURS, "apps": [{"id": "51", "name": "Shop App"}]} for one in made["accounts"]],
    }


def matrix(browser: Browser, waba_id: str) -> dict[str, set[str]]:
    """Who holds what in an account, as its table shows."""
    shown = browser.run(
        """
        const table = document.getElementById(`account-${arguments[0]}`).closest('section').querySelector('table');
        const columns = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
        return [...table.tBodies[0].rows].map(row => [
          row.querySelector('.id').textContent,
          row.dataset.w.split(' ').includes('assigned'),
          [...row.cells].map((cell, column) => cell.textContent === '✓' ? columns[column] : null).filter(Boolean),
        ]);
        """,
        waba_id,
    )
    return {user_id: set(tasks) for user_id, is_assigned, tasks in shown if is_assigned}


def test_the_page_of_an_audit_shows_what_the_accounts_are(tmp_path: Path, sandbox: Sandbox, browser: Browser) -> None:
    marketing = "6543210987654321"
    sandbox.assign(JANE, ["MESSAGING"], marketing)
    sandbox.assign(JOHN, ["MANAGE"], marketing)
    accounts = [{"waba_id": sandbox.waba_id, "name": "Support"}, {"waba_id": marketing}]
    run = audit(tmp_path, sandbox, {"waba_access_audit_accounts": accounts})
    assert run.rc == 0, run.output
    browser.open(tmp_path / "waba-access-audit" / "waba-access-audit.html")
    for waba_id in (sandbox.waba_id, marketing):
        assert matrix(browser, waba_id) == sandbox.assigned(waba_id)
    everybody = {*sandbox.assigned(), *sandbox.assigned(marketing)}
    made = json.loads((tmp_path / "waba-access-audit" / "waba-access-audit.json").read_text("utf-8"))
    assert set(browser.texts("#everybody tbody th .id")) == {person["user_id"] for person in made["people"]}
    assert set(browser.texts("#everybody tbody tr[data-w~=assigned] .id")) == everybody
    cards = dict(zip(browser.texts(".cards dt"), browser.texts(".cards dd:not(.parts)")))
    assert (cards["Accounts"], cards["People assigned"]) == ("2", str(len(everybody)))
    findings = made["findings"]
    assert cards["Findings"] == str(len(findings))
    assert browser.texts(".finding tbody td:first-child") == [finding["message"] for finding in findings]
    assert browser.complaints == []


HOSTILE = [
    f"<img src=x onerror={ALERT}>",
    f"</script><script>{ALERT}</script>",
    f"</style><svg onload={ALERT}>",
    f'" autofocus onfocus="{ALERT}',
    f"javascript:{ALERT}",
    "safe\u202egnp.exe",
    "a\x00b\x1bc\u2028d\ufeff",
    "W" * 3000,
    "\u0645\u062d\u0645\u062f <b>",
]


def test_names_run_nothing_and_break_nothing(tmp_path: Path, browser: Browser) -> None:
    users = [
        user(str(number), name, "MANAGE", name, business={"id": "8", "name": name}, user_type=name)
        for number, name in enumerate(HOSTILE, 1)
    ]
    accounts = [account(str(number), name, *users) for number, name in enumerate(HOSTILE, 1)]
    browser.open(write(tmp_path, *accounts, account("99", "x", msg=HOSTILE[0])))
    # Whatever looks at a name may be what runs it.
    for button in browser.all("#everybody thead button"):
        browser.run("arguments[0].scrollIntoView({block: 'center'})", button)
        browser.settle()
        button.click()
    browser.one("#filter-text").send_keys("img")
    browser.settle()
    assert browser.run("return document.documentElement.dataset.ran") is None
    assert browser.run("return document.querySelectorAll('img, svg, script, style, [onerror], [onfocus]').length") == 2
    assert HOSTILE[0] in browser.texts("#everybody tbody th bdi")
    browser.one("#filter-clear").click()
    shown = browser.texts("#everybody tbody th bdi")
    assert set(HOSTILE[:5]) <= set(shown)
    assert "safe⟨U+202E⟩gnp.exe" in shown
    assert "a⟨U+0000⟩b⟨U+001B⟩c d⟨U+FEFF⟩" in shown
    for width in (1200, 360):
        browser.width(width)
        assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.complaints == []


def test_a_script_that_got_in_would_not_run(rich: Path, browser: Browser) -> None:
    browser.open(rich)
    browser.run(f"const one = document.createElement('script'); one.textContent = '{ALERT}'; document.body.append(one)")
    browser.run("document.body.insertAdjacentHTML('beforeend', arguments[0])", HOSTILE[0])
    browser.settle()
    assert browser.run("return document.documentElement.dataset.ran") is None
    assert any("Content Security Policy" in complaint for complaint in browser.complaints)


def focused(browser: Browser) -> str:
    return str(browser.run("return document.activeElement.textContent.trim() || document.activeElement.id"))


def press(browser: Browser, *keys: str) -> None:
    for key in keys:
        webdriver.ActionChains(browser.driver).send_keys(key).perform()


def test_the_keyboard_is_enough(rich: Path, browser: Browser) -> None:
    browser.open(rich)
    press(browser, Keys.TAB)
    assert focused(browser) == "Skip to the findings"
    assert browser.run("return getComputedStyle(document.activeElement).outlineWidth") == "3px"
    for _step in range(30):
        press(browser, Keys.TAB)
        if focused(browser) == "filter-text":
            break
    press(browser, *"garcia")
    browser.settle()
    assert browser.texts("#everybody tbody th bdi") == ["Maria Garcia"]
    assert browser.one("#filter-result").text == "Found 1 of 8 people."
    assert browser.one("#filter-result").get_attribute("aria-live") == "polite"
    for _step in range(30):
        press(browser, Keys.TAB)
        if focused(browser) == "Show all":
            break
    press(browser, Keys.SPACE)
    assert (len(browser.texts("#everybody tbody th")), focused(browser)) == (8, "filter-text")

    browser.run("document.querySelector('#everybody thead button').focus()")
    ordered = ["Ada Admin", "Automation Bot", "John Smith", "Li", "Maria Garcia", "no name", "Pat", "Zoë"]
    for key, direction, expected in ((Keys.ENTER, "ascending", ordered), (Keys.SPACE, "descending", ordered[::-1])):
        press(browser, key)
        assert browser.one("#everybody thead th").get_attribute("aria-sort") == direction
        assert [name.rstrip("0123456789") for name in browser.texts("#everybody tbody th")] == expected
    assert browser.complaints == []


def choose(browser: Browser, name: str, value: str) -> None:
    browser.run(
        "const one = document.getElementById(`filter-${arguments[0]}`); one.value = arguments[1];"
        "one.dispatchEvent(new Event('input'))",
        name,
        value,
    )
    browser.settle()


def test_the_filters_find_who_may_do_something(rich: Path, browser: Browser) -> None:
    browser.open(rich)
    choose(browser, "task", "MESSAGING")
    # Two of them may, for they hold FULL_CONTROL.
    assert set(browser.texts("#everybody tbody th bdi")) == {"Maria Garcia", "Zoë", "Automation Bot", "Pat"}
    choose(browser, "type", "SYSTEM_USER")
    assert browser.texts("#everybody tbody th bdi") == ["Automation Bot"]
    assert browser.texts("section[aria-labelledby=accounts] h3") != browser.texts("h3")
    choose(browser, "task", "")
    choose(browser, "type", "")
    choose(browser, "status", "missing")
    assert browser.texts("#everybody tbody th .id") == ["23"]


def test_the_page_says_who_can_act_without_being_assigned(rich: Path, browser: Browser) -> None:
    browser.open(rich)
    choose(browser, "way", "admin")
    (row,) = browser.all("#everybody tbody tr:not([hidden])")
    assert "Ada Admin31" in row.get_attribute("textContent")
    assert "Admin of the business: can give themselves access (2)" in row.get_attribute("textContent")
    # Also in the accounts, the one that could not be read included.
    assert len(browser.all(".matrix tbody tr:not([hidden])")) == 2
    text = browser.run("return document.body.textContent")
    for shown in (
        "access.yml at 3f2c1ab",
        "Owner: Example Business Inc",
        "Shop App",
        "2026-12-24",
        "ticket 42",
        "Li: x",
    ):
        assert shown in text
    (head,) = (text for text in browser.texts(".about div") if text.startswith("Not looked at"))
    assert "declared access of accounts" in head


def test_the_page_is_whole_without_its_script(rich: Path, browser: Browser) -> None:
    browser.open(rich)
    with_script = browser.texts("tbody")
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(rich)
        assert browser.texts("tbody") == with_script
        assert browser.texts("button, input") == []
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)


def test_a_page_of_five_thousand_people_can_be_searched_and_sorted(tmp_path: Path, browser: Browser) -> None:
    users = [
        user(str(10**17 + number), f"Person {number}", "MANAGE" if number % 7 else "MESSAGING")
        for number in range(5000)
    ]
    browser.open(write(tmp_path, account("1", "Support", *users), account("2", "Other", users[1])))
    assert len(browser.all("#everybody tbody tr")) == 5000
    browser.one("#filter-text").send_keys("person 4998")
    browser.settle()
    assert browser.texts("#everybody tbody th bdi") == ["Person 4998"]
    browser.one("#filter-clear").click()
    browser.run("document.querySelector('#everybody thead button').click()")
    ordered = [f"Person {number}" for number in range(5000)]
    assert browser.texts("#everybody tbody th bdi") == ordered[:300]
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.texts("#everybody tbody th bdi") == ordered
    browser.run("dispatchEvent(new Event('afterprint'))")
    more = browser.one("#everybody .more")
    assert more.get_attribute("textContent") == "Show 4700 more rows"
    browser.run("arguments[0].click()", more)
    assert browser.texts("#everybody tbody th bdi") == ordered
    assert not more.is_displayed()
    assert browser.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_nothing_on_the_page_is_a_barrier(rich: Path, browser: Browser, scheme: str, width: int) -> None:
    browser.media(scheme)
    browser.width(width)
    browser.open(rich)
    # What is not rendered yet is looked at, too.
    browser.run("for (const one of document.querySelectorAll('[data-part]')) one.style.contentVisibility = 'visible'")
    browser.run(AXE.read_text(encoding="utf-8"))
    result = browser.driver.execute_async_script(
        "axe.run(document).then(arguments[0], error => arguments[0](String(error)))"
    )
    broken = [(rule["id"], rule["help"], [node["html"] for node in rule["nodes"][:3]]) for rule in result["violations"]]
    assert broken == []
    assert "color-contrast" in [rule["id"] for rule in result["passes"]]
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in background[4:-1].split(",")) > 380) is (scheme == "light")


def test_axe_finds_a_barrier_where_there_is_one(rich: Path, browser: Browser) -> None:
    browser.open(rich)
    browser.run("document.querySelector('#filter-text').closest('label').firstChild.remove()")
    browser.run(AXE.read_text(encoding="utf-8"))
    result = browser.driver.execute_async_script("axe.run(document).then(arguments[0])")
    assert "label" in [rule["id"] for rule in result["violations"]]


def test_on_paper_everything_shows_and_nothing_is_a_tool(rich: Path, browser: Browser) -> None:
    browser.open(rich)
    browser.media(medium="print")
    display = "return getComputedStyle(document.querySelector(arguments[0])).display"
    assert [browser.run(display, name) for name in (".tools", "nav", ".skip")] == ["none", "none", "none"]
    assert browser.run("return getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"
    assert browser.run(display, "#everybody") == "block"


PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}
MANY = [
    f"{first} {last} {number}"
    for number in range(12)
    for first in ("Alexandria", "Bartholomew", "Jean-Baptiste", "Li", "Wilhelmina")
    for last in ("Konstantinopoulou", "Featherstonehaugh", "Grenouille", "Wei", "Garcia Fernandez", "Smith")
]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Path, Json]]:
    """The page and the report of the accounts of the sandbox, and of 30 accounts of 12 people, no two alike."""
    folder = tmp_path_factory.mktemp("printed")
    with Sandbox() as started:
        run = audit(folder, started, {"waba_access_audit_activities": True, "waba_access_audit_declaration": "3f2c1ab"})
    assert run.rc == 0, run.output
    page = folder / "waba-access-audit" / "waba-access-audit.html"
    users = [
        user(str(10**15 + place), name, *sorted(TASKS[(place + step) % len(TASKS)] for step in (0, 4, 9)))
        for place, name in enumerate(MANY)
    ]
    accounts = [account(str(7 * 10**15 + n), f"Example Support {n}", *users[12 * n : 12 * n + 12]) for n in range(30)]
    wishes = [{"user_id": one["id"], "tasks": one["tasks"]} for one in users]
    declared = [
        {"waba_id": one["waba_id"], "users": wishes[12 * n : 12 * n + 9], "purge_users": True}
        for n, one in enumerate(accounts)
    ]
    made = report(*accounts, declared=declared, max_full_control=1)
    large = folder / "large.html"
    large.write_text(as_page(made), encoding="utf-8")
    return {5: (page, json.loads(page.with_suffix(".json").read_text("utf-8"))), 45: (large, made)}


@pytest.mark.parametrize("landscape", [False, True], ids=["portrait", "landscape"])
@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("most", [5, 45])
def test_the_page_can_be_printed(
    printed: dict[int, tuple[Path, Json]], browser: Browser, most: int, paper: str, landscape: bool
) -> None:
    page, made = printed[most]
    browser.open(page)
    size = {"paperWidth": PAPERS[paper][0], "paperHeight": PAPERS[paper][1], "landscape": landscape}
    pdf = browser.driver.execute_cdp_cmd("Page.printToPDF", size)["data"]
    sheets = pypdf.PdfReader(io.BytesIO(base64.b64decode(pdf))).pages
    assert len(sheets) <= most
    outside = []

    def place(text: str, matrix: list[float], text_matrix: list[float], _font: Any, _size: float) -> None:
        x = matrix[0] * text_matrix[4] + matrix[2] * text_matrix[5] + matrix[4]
        if text.strip() and not 0 < x < float(sheets[0].mediabox.width):
            outside.append(text)

    text = "\n".join(sheet.extract_text(visitor_text=place) for sheet in sheets)
    assert outside == []
    words = set(text.split())
    shown = [person["name"] for person in made["people"]] + [one["name"] for one in made["accounts"]]
    assert {word for name in shown for word in name.split()} - words == set()
    assert {one["waba_id"] for one in made["accounts"]} | {one["user_id"] for one in made["people"]} <= words
    # The headings are on each sheet on which the table goes on, and so is each task, which is written upwards.
    spaced = " ".join(text.split())
    assert spaced.count("Can act as Type Business") >= len(made["accounts"])
    held = [
        (one["waba_id"], task) for one in made["accounts"] for user in one["assigned_users"] for task in user["tasks"]
    ]
    for task in {task for _account, task in held}:
        assert text.count(task) >= len({waba_id for waba_id, name in held if name == task})
    assert "Type Business Can act as Accounts Permissions Findings" in spaced


def test_on_a_phone_the_first_screen_says_what_is_wrong_and_nothing_is_out_of_reach(
    rich: Path, browser: Browser
) -> None:
    browser.width(390)
    browser.open(rich)
    browser.run("for (const one of document.querySelectorAll('[data-part]')) one.style.contentVisibility = 'visible'")
    first, *_rest = browser.texts(".verdict li")
    assert " high" in first
    assert "Accounts that could not be read (1)" in " ".join(first.split())
    assert browser.run("return document.querySelector('.verdict').getBoundingClientRect().bottom") <= 844
    assert browser.run("return document.documentElement.scrollWidth") <= 390
    cut = browser.run(
        """
        const scrolls = (one) => one
          && (/auto|scroll/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
        const hides = (one) => one.matches('.skip, caption') || one.closest('caption, [hidden]');
        return [...document.body.querySelectorAll('*')].filter((one) => !hides(one) && !scrolls(one.parentElement)
          && (one.getBoundingClientRect().right > 390.5 || one.scrollWidth > one.clientWidth + 1
            && getComputedStyle(one).overflowX === 'hidden')).map((one) => one.outerHTML.slice(0, 80));
        """
    )
    assert cut == []
    # A list of findings needs no scrolling to the side at all.
    wide = "[...document.querySelectorAll('.list')].filter(one => one.scrollWidth > one.parentElement.clientWidth)"
    assert browser.run(f"return {wide}.length") == 0


@pytest.mark.parametrize("width", [688, 694])
def test_on_paper_no_column_is_lost_and_no_name_is_broken(tmp_path: Path, browser: Browser, width: int) -> None:
    """As wide as A4 and Letter in portrait, without the margins."""
    names = ["Alexandria Konstantinopoulou", "Bartholomew Featherstonehaugh", "Jean-Baptiste Grenouille", "Li Wei"]
    users = [user(str(10**15 + number), name, *TASKS) for number, name in enumerate(names)]
    declared = [{"waba_id": "1", "users": [{"user_id": users[0]["id"], "tasks": ["MANAGE"]}], "purge_users": True}]
    page = write(tmp_path, account("1", "Example Customer Support", *users), declared=declared)
    browser.media(medium="print")
    browser.width(width)
    browser.open(page)
    browser.run("for (const one of document.querySelectorAll('[data-part]')) one.style.contentVisibility = 'visible'")
    assert browser.run("return document.documentElement.scrollWidth") <= width
    broken = browser.run(
        """
        const range = document.createRange();
        return [...document.querySelectorAll('td bdi, th bdi')].flatMap(one => {
          const text = one.firstChild?.data ?? '';
          return [...text.matchAll(/\\p{L}+/gu)].filter(word => {
            range.setStart(one.firstChild, word.index);
            range.setEnd(one.firstChild, word.index + word[0].length);
            return range.getClientRects().length > 1;
          }).map(word => word[0]);
        });
        """
    )
    assert broken == []
