# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plugin in this process. What ansible-inventory makes of it, and of its failures, is in tests/playbooks."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible.utils.plugin_docs import merge_fragment
from ansible_collections.metaops.whatsapp.plugins.doc_fragments import graph
from ansible_collections.metaops.whatsapp.plugins.inventory import waba
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.business import ACCOUNT_FIELDS
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import appsecret_proof
from sandbox import Fault, Sandbox
from sandbox.seed import DEFAULT

if t.TYPE_CHECKING:
    from conftest import Bench

NAME = "metaops.whatsapp.waba"
SUPPORT, MARKETING, PARTNER = "1234567890123456", "6543210987654321", "5432109876543210"


class Reader:
    """Reads sources against a sandbox, as Ansible's inventory manager would."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "company.waba.yml"
        self.warnings: list[str] = []

    def __call__(self, *, refresh: bool = False, **options: t.Any) -> InventoryData:
        """Read a source with these options. `refresh` is what --flush-cache says."""
        self.source.write_text(yaml.safe_dump({"plugin": NAME, **options}), encoding="utf-8")
        plugin = waba.InventoryModule()
        plugin._load_name = plugin.ansible_name = NAME
        plugin._redirected_names = [NAME]
        plugin.display = self
        inventory = InventoryData()
        plugin.parse(inventory, DataLoader(), str(self.source), not refresh)
        if options.get("cache"):
            plugin.update_cache_if_changed()
        return inventory

    def warning(self, text: str) -> None:
        """What the plugin calls to warn."""
        self.warnings.append(text)


@pytest.fixture(scope="module", autouse=True)
def _definitions() -> None:
    """Make the plugin's options known, which Ansible's loader does from the documentation."""
    fragments = [graph.ModuleDocFragment.DOCUMENTATION]
    fragments += [fragment.ModuleDocFragment.DOCUMENTATION for fragment in (constructed, inventory_cache)]
    options = yaml.safe_load(waba.DOCUMENTATION)["options"]
    for fragment in fragments:
        merge_fragment(options, yaml.safe_load(fragment)["options"])
    constants.config.initialize_plugin_configuration_definitions("inventory", NAME, options)


def reach(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    """Say in the environment where the sandbox is."""
    for name in ("WABA_APP_SECRET", "WABA_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WABA_ACCESS_TOKEN", sandbox.token)
    monkeypatch.setenv("WABA_BUSINESS_ID", sandbox.business_id)
    monkeypatch.setenv("WABA_API_URL", sandbox.url)


@pytest.fixture
def read(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Reads sources; the environment says how to reach the sandbox."""
    reach(monkeypatch, bench.sandbox)
    return Reader(tmp_path)


def groups(inventory: InventoryData) -> dict[str, set[str]]:
    """The names of the hosts in each group that has some."""
    return {name: {host.name for host in group.hosts} for name, group in inventory.groups.items() if group.hosts}


def world(*accounts: dict[str, t.Any]) -> dict[str, t.Any]:
    """A seed with these accounts beside those of the default one."""
    return {**DEFAULT, "accounts": [*DEFAULT["accounts"], *accounts]}


def test_accounts_are_hosts(read: Reader, bench: Bench) -> None:
    inventory = read()
    assert list(inventory.hosts) == [SUPPORT, PARTNER, MARKETING]
    assert groups(inventory) == {"owned": {SUPPORT, MARKETING}, "client": {PARTNER}}
    support = inventory.get_host(SUPPORT).vars
    assert support["waba_id"] == SUPPORT
    assert support["waba_name"] == "Example Support"
    assert support["business_id"] == bench.sandbox.business_id
    assert (support["waba_country"], support["waba_timezone_id"], support["waba_status"]) == ("US", "1", None)
    assert support["ansible_connection"] == "local"
    assert support["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"
    assert {f"waba_{field}" for field in ACCOUNT_FIELDS} < set(support)
    assert set(inventory.get_host(PARTNER).vars) == set(support)
    assert [request.method for request in bench.sandbox.log] == ["POST"], "both edges in one round trip"
    assert read.warnings == []


def test_every_page_is_read_and_an_account_on_both_edges_is_one_host(
    start: t.Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [{"id": str(7000000000000000 + number), "name": f"Account {number}"} for number in range(250)]
    both = {"id": "99", "name": "Both", "shared_with": [DEFAULT["businesses"][0]["id"]]}
    bench = start(seed=world(*many, both))
    reach(monkeypatch, bench.sandbox)
    inventory = Reader(tmp_path)()
    assert len(groups(inventory)["owned"]) == 2 + 250 + 1
    assert groups(inventory)["client"] == {PARTNER, "99"}
    assert len(inventory.hosts) == 254
    assert [request.method for request in bench.sandbox.log] == ["POST", "GET", "GET"]


def test_one_kind_alone(read: Reader) -> None:
    assert groups(read(account_kinds=["client"])) == {"client": {PARTNER}}


def test_names_that_people_typed_make_no_harm(
    start: t.Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [
        "../../etc/passwd",
        "all:!owned",
        "{{ lookup('pipe', 'id') }}",
        "Zo\u00eb \U0001f4ac",
        "localhost",
        "\u202e",
    ]
    bench = start(seed=world(*({"id": str(place), "name": name} for place, name in enumerate(names))))
    reach(monkeypatch, bench.sandbox)
    inventory = Reader(tmp_path)(
        hostname="name_and_id",
        keyed_groups=[{"key": "waba_name", "prefix": "name"}],
        compose={"copied": "waba_name"},
        strict=True,
    )
    named = {host.vars["waba_id"]: host for host in inventory.hosts.values()}
    assert [named[str(place)].name for place in range(6)] == [
        "etc_passwd_0",
        "all_owned_1",
        "lookup_pipe_id_2",
        "Zo_3",
        "localhost_4",
        "5",
    ]
    assert [named[str(place)].vars["waba_name"] for place in range(6)] == names
    assert [named[str(place)].vars["copied"] for place in range(6)] == names
    assert all(re.fullmatch(r"\w+", name) for name in [*inventory.groups, *inventory.hosts])


def test_groups_and_variables_of_ones_own(read: Reader) -> None:
    inventory = read(
        groups={"support": f"waba_id == '{SUPPORT}'"},
        keyed_groups=[{"key": "waba_country or 'unknown'", "prefix": "country"}],
        compose={"display_name": "waba_name ~ ' of ' ~ business_id", "ansible_connection": "'ssh'"},
    )
    assert groups(inventory)["support"] == {SUPPORT}
    assert groups(inventory)["country_US"] == {SUPPORT}
    assert groups(inventory)["country_unknown"] == {PARTNER}
    assert inventory.get_host(SUPPORT).vars["display_name"] == "Example Support of 9876543210987654"
    assert inventory.get_host(SUPPORT).vars["ansible_connection"] == "ssh"
    read(compose={"wrong": "nothing.at_all"})
    with pytest.raises(AnsibleError, match="wrong"):
        read(compose={"wrong": "nothing.at_all"}, strict=True)


def test_a_refused_kind_is_an_error(read: Reader, bench: Bench) -> None:
    bench.sandbox.configure(refused_edges=["client_whatsapp_business_accounts"])
    told = "Could not list the client accounts of business 9876543210987654.*business_management"
    with pytest.raises(AnsibleParserError, match=f"{told}.*Or leave client out of account_kinds"):
        read()
    with pytest.raises(AnsibleParserError, match=told) as error:
        read(account_kinds=["client"])
    assert "out of account_kinds" not in str(error.value)
    assert list(read(account_kinds=["owned"]).hosts) == [SUPPORT, MARKETING]
    bench.sandbox.configure(
        refused_edges=["owned_whatsapp_business_accounts", "client_whatsapp_business_accounts"], business_error="100/33"
    )
    with pytest.raises(AnsibleParserError, match="permission business_management"):
        read()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("status", index=1, status=500, code=2, times=0), "HTTP 500"),
        (Fault("null_operation", index=1, times=0), "not finished in time"),
        (Fault("json", index=1, value={"data": [{"name": "No id"}]}), "without a valid id"),
        (Fault("json", index=1, value={"data": 1}), "data"),
        (Fault("status", status=400, code=190, subcode=463, times=0), "it has expired"),
        (Fault("status", status=400, code=4, regain_minutes=40), "in 40 minutes"),
        (Fault("html", times=0), "a web page"),
    ],
)
def test_any_other_failure_of_one_kind_is_an_error(read: Reader, bench: Bench, fault: Fault, words: str) -> None:
    """Accounts that are missing for no reason of theirs would be forgotten, when somebody leaves for instance."""
    bench.sandbox.inject(fault)
    with pytest.raises(AnsibleParserError, match=words):
        read(retries=0)


def test_a_field_that_the_api_does_not_know_is_left_out(read: Reader, bench: Bench) -> None:
    message = "(#100) Tried accessing nonexisting field (currency) on node type (WhatsAppBusinessAccount)"
    for index in (0, 1):
        bench.sandbox.inject(Fault("status", index=index, status=400, code=100, message=message))
    support = read().get_host(SUPPORT).vars
    assert (support["waba_currency"], support["waba_country"]) == (None, "US")
    (warning,) = read.warnings
    assert "does not know the field currency" in warning


def test_an_account_that_is_counted_and_not_listed_is_a_warning(read: Reader, bench: Bench) -> None:
    answer = {"data": [{"id": 5, "timezone_id": 7, "is_enabled_for_insights": True}], "summary": {"total_count": 3}}
    answer["data"][0]["owner_business_info"] = {"id": "8", "name": "Other", "more": 1}  # type: ignore[index]
    bench.sandbox.inject(Fault("json", value=answer))
    host = read(account_kinds=["owned"]).get_host("5").vars
    assert (host["waba_timezone_id"], host["waba_is_enabled_for_insights"]) == ("7", True)
    assert host["waba_owner_business_info"] == {"id": "8", "name": "Other"}
    assert "counts 3 owned accounts and listed 1" in read.warnings[0]


def test_the_cache(read: Reader, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(tmp_path / "cache")
    options: dict[str, t.Any] = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": folder}
    bench.sandbox.inject(Fault("json", index=1, value={"data": [], "summary": {"total_count": 1}}))
    first = read(**options)
    bench.sandbox.clear_log()
    second = read(**options)
    assert bench.sandbox.log == []
    assert {name: host.vars for name, host in second.hosts.items()} == {
        name: host.vars for name, host in first.hosts.items()
    }
    assert len(read.warnings) == 2, "what was missing is still missing"
    (file,) = (tmp_path / "cache").iterdir()
    assert bench.sandbox.token not in file.read_text(encoding="utf-8")

    assert PARTNER not in read(**options).hosts
    assert PARTNER in read(**options, refresh=True).hosts
    bench.sandbox.clear_log()
    assert PARTNER in read(**options).hosts
    assert bench.sandbox.log == []
    monkeypatch.setenv("WABA_BUSINESS_ID", DEFAULT["businesses"][1]["id"])
    with pytest.raises(AnsibleParserError, match="business 8765432109876543"):
        read(**options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"acces_token": "x"}, r"no option acces_token \(did you mean access_token\?\)"),
        ({"waba_id": SUPPORT}, "no option waba_id"),
        ({"access_token": None}, "access_token is empty"),
        ({"access_token": ""}, "access_token is empty"),
        ({"access_token": "EAAhidden\n"}, "access_token holds a character"),
        ({"access_token": ["EAAhidden"]}, "access_token must be a single value, not a list"),
        ({"app_secret": {"EAAhidden": 1}}, "app_secret must be a single value, not a list or a dictionary"),
        ({"access_token": "EAAhidden{{ nowhere }}"}, "access_token cannot be evaluated or decrypted"),
        ({"access_token": "EAAhidden{{ "}, "access_token cannot be evaluated or decrypted"),
        ({"timeout": "{{ nowhere }}"}, "timeout cannot be evaluated or decrypted: .*nowhere"),
        ({"business_id": 1.2e20}, "business_id must be an id of digits only"),
        ({"business_id": ""}, "business_id is empty"),
        ({"timeout": "soon"}, "timeout"),
        ({"timeout": -1}, "timeout must be between"),
        ({"retries": 1.5}, "retries"),
        # ansible-core before 2.19 converts it itself, and fails.
        ({"retries": float("inf")}, "retries(' is of type| must be between)"),
        ({"validate_certs": "perhaps"}, "validate_certs"),
        ({"ca_path": "/nowhere/at/all"}, "ca_path: there is no file"),
        ({"api_version": "23"}, "api_version must be like"),
        ({"api_url": "http://example.com"}, "api_url must begin with https"),
        ({"account_kinds": ["own"]}, "own"),
        ({"account_kinds": []}, "account_kinds is an empty list"),
        ({"hostname": "name"}, "name"),
    ],
)
def test_wrong_options_are_told_before_any_request(
    read: Reader, bench: Bench, options: dict[str, t.Any], words: str
) -> None:
    with pytest.raises(AnsibleError, match=words) as error:
        read(**options)
    assert "EAAhidden" not in str(error.value)
    assert error.value.__cause__ is None or "EAAhidden" not in str(error.value.__cause__)
    assert bench.sandbox.log == []


@pytest.mark.parametrize("name", ["WABA_ACCESS_TOKEN", "WABA_BUSINESS_ID"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_missing_is_named_with_its_variable(
    read: Reader, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(AnsibleParserError, match=f"is missing: give it, or set the environment variable {name}"):
        read()


def test_blank_variables_are_as_none(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a controller leaves them for fields that nobody filled in."""
    for name in ("WABA_APP_SECRET", "WABA_API_VERSION"):
        monkeypatch.setenv(name, "")
    assert read().hosts


def test_the_source_wins_over_the_environment(read: Reader, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WABA_BUSINESS_ID", "1")
    monkeypatch.setenv("WABA_ACCESS_TOKEN", "EAAwrong{{ 'not a template' }}".replace(" ", ""))
    assert read(business_id=int(bench.sandbox.business_id), access_token=bench.sandbox.token).hosts


def test_a_token_may_be_a_template(read: Reader, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WABA_ACCESS_TOKEN")
    (tmp_path / "token").write_text(bench.sandbox.token + "\n", encoding="utf-8")
    template = "{{ lookup('file', '" + str(tmp_path / "token") + "') | trim }}"
    assert read(access_token=template).hosts


def test_every_call_is_signed_and_no_secret_is_told(
    read: Reader, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WABA_APP_SECRET", bench.sandbox.app_secret)
    bench.sandbox.configure(require_proof=True)
    assert read().hosts
    bench.sandbox.inject(Fault("echo_token", times=0))
    with pytest.raises(AnsibleParserError) as error:
        read()
    assert "********" in str(error.value)
    proof = appsecret_proof(bench.sandbox.token, bench.sandbox.app_secret)
    assert not [
        secret for secret in (bench.sandbox.token, proof, bench.sandbox.app_secret) if secret in str(error.value)
    ]


def test_certificates_that_are_not_looked_at_are_a_warning(read: Reader) -> None:
    read(validate_certs=False)
    assert "validate_certs is false" in read.warnings[0]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("waba.yml", True),
        ("company.waba.yaml", True),
        ("company-waba.yml", True),
        ("company.yml", False),
        ("waba.json", False),
        ("waba.yml.bak", False),
    ],
)
def test_sources_are_known_by_their_names(tmp_path: Path, name: str, is_one: bool) -> None:
    assert waba.InventoryModule().verify_file(str(tmp_path / name)) is False
    (tmp_path / name).touch()
    assert waba.InventoryModule().verify_file(str(tmp_path / name)) is is_one


def test_without_requests_it_says_so(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waba, "REQUESTS_IMPORT_ERROR", "ImportError")
    with pytest.raises(AnsibleParserError, match=r"Failed to import the required Python library \(requests\)"):
        read()
