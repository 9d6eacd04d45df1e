# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: waba
short_description: WhatsApp Business Accounts of a business as hosts
version_added: 0.1.0
author: metaops.whatsapp contributors (@metaops)
description:
  - Lists the owned and the client accounts of a business (business portfolio) through Meta's Graph API. Each account is
    a host in the group C(owned) or C(client), or in both.
  - The name of an inventory source must end in C(waba.yml) or C(waba.yaml).
  - The access token needs the permission C(business_management) beside C(whatsapp_business_management).
  - The playbooks of this collection run on the hosts that the variable C(waba_hosts) names, as in
    C(-e waba_hosts=owned).
  - Each host has the variables C(waba_id), C(waba_name), C(business_id), C(waba_status),
    C(waba_account_review_status), C(waba_business_verification_status), C(waba_ownership_type), C(waba_country),
    C(waba_currency), C(waba_timezone_id), C(waba_message_template_namespace), C(waba_purchase_order_number),
    C(waba_is_enabled_for_insights), and as dictionaries with C(id) and C(name),
    C(waba_on_behalf_of_business_info) and C(waba_owner_business_info). What the API does not report is V(null).
  - C(ansible_connection) is V(local), and C(ansible_python_interpreter) is the Python that runs Ansible. O(compose) can
    set others.
extends_documentation_fragment: [metaops.whatsapp.graph, ansible.builtin.constructed, ansible.builtin.inventory_cache]
requirements: [requests for the Python that runs Ansible]
options:
  plugin: {description: The name of this plugin., type: str, required: true, choices: [metaops.whatsapp.waba]}
  access_token: {env: [{name: WABA_ACCESS_TOKEN}]}
  app_secret: {env: [{name: WABA_APP_SECRET}]}
  business_id:
    description: The business whose accounts are listed. It is also the variable C(business_id) of each host.
    env: [{name: WABA_BUSINESS_ID}]
  api_version: {env: [{name: WABA_API_VERSION}]}
  api_url: {env: [{name: WABA_API_URL}]}
  account_kinds:
    description:
      - Accounts to list. V(owned) are those of the business itself, V(client) those of others that were shared with it.
      - A kind that cannot be read is an error, so that no account is left out silently.
    type: list
    elements: str
    choices: [owned, client]
    default: [owned, client]
  hostname:
    description:
      - Names of the hosts. V(id) is the account's id. V(name_and_id) is the account's name, of which only ASCII letters
        and digits are kept, and its id.
      - Such a name changes with the account's name, and files in C(host_vars) do not follow. To use names of your own,
        set O(groups).
    type: str
    choices: [id, name_and_id]
    default: id
notes:
  - A listing costs one call for each 100 accounts, and at least one for each of O(account_kinds).
  - O(access_token), O(app_secret) and the other options of the API connection may be templates and vault values.
    Keep an unencrypted access token in the environment, since Ansible prints lines of a source that it cannot parse.
  - Ansible continues without the hosts of a source that fails, if there are others. Set C(any_unparsed_is_failed=true)
    in the section C([inventory]) of C(ansible.cfg), or E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED), to have it stop.
"""

EXAMPLES = r"""
# $ ansible-inventory -i company.waba.yml --graph
# The first line is enough where the environment has WABA_ACCESS_TOKEN and WABA_BUSINESS_ID.
plugin: metaops.whatsapp.waba

# A token from a file, and one kind of accounts.
access_token: "{{ lookup('ansible.builtin.file', '~/.waba-token') | trim }}"
business_id: "9876543210987654"
account_kinds: [owned]

# Readable host names, and groups of your own.
hostname: name_and_id
groups:
  support: waba_id == '1234567890123456'
  not_approved: waba_account_review_status != 'APPROVED'
keyed_groups:
  - key: waba_country or 'unknown'
    prefix: country
compose:
  display_name: waba_name ~ ' (' ~ waba_id ~ ')'

# A list that is cached for ten minutes.
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/waba
cache_timeout: 600
"""

import re
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.metaops.whatsapp.plugins.module_utils import _options
from ansible_collections.metaops.whatsapp.plugins.module_utils._access.names import did_you_mean
from ansible_collections.metaops.whatsapp.plugins.module_utils._edges.business import (
    ACCOUNT_KINDS,
    KindListing,
    accounts_of,
    read_kinds,
)
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.client import REQUESTS_IMPORT_ERROR, GraphClient
from ansible_collections.metaops.whatsapp.plugins.module_utils._graph.errors import GraphError
from ansible_collections.metaops.whatsapp.plugins.module_utils._options import OptionError

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core before 2.19: every text is a template unless it is marked
    trust_as_template = str

Json = dict[str, t.Any]

_SECRET = ("access_token", "app_secret")
#: Every template has one of these: Jinja's marks begin with a brace, and a line that sets others with a hash.
_TEMPLATE_MARKS = frozenset("{#")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    NAME = "metaops.whatsapp.waba"

    # Regardless of TRANSFORM_INVALID_GROUP_CHARS: groups can be keyed by text that people typed.
    _sanitize_group_name = staticmethod(lambda name: to_safe_group_name(name, force=True, silent=True))

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(("waba.yml", "waba.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Add the accounts to the inventory. Raises `AnsibleParserError`, whose text holds no secret."""
        super().parse(inventory, loader, path, cache)
        if REQUESTS_IMPORT_ERROR:
            raise AnsibleParserError(missing_required_lib("requests"))
        try:
            self._check_source(self._read_config_data(path))
            _options.check_id("business_id", self._graph_options["business_id"])
            for account in self._cached_accounts(path, cache):
                self._add(account)
        except (OptionError, GraphError) as error:
            raise AnsibleParserError(str(error)) from None

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        """Set the source's options. Those that modules have as well are validated as modules do.

        The environment has those that the source lacks.
        """
        source: Json = direct or {}
        spec = {option: about for option, about in _options.graph_argument_spec().items() if option != "waba_id"}
        given = {option: self._evaluated(option, source[option]) for option in spec if option in source}
        result = _options.with_any_number(lambda any_spec: ArgumentSpecValidator(any_spec).validate(given), spec)
        options = self._graph_options = t.cast("Json", result.validated_parameters)
        for option, about in spec.items():
            if about.get("required") and options.get(option) is None:
                raise OptionError(
                    f"{option} is missing: give it, or set the environment variable {_options.ENVIRONMENT[option]}."
                )
        if result.error_messages:
            raise OptionError(". ".join(result.error_messages) + ".")
        self._settings = _options.graph_settings(options)
        found = {option: value for option, value in options.items() if value is not None}
        super().set_options(task_keys=task_keys, var_options=var_options, direct={**source, **found})

    def _evaluated(self, option: str, value: t.Any) -> t.Any:
        """Return the value of a template or a vault value."""
        if value is None:
            raise OptionError(f"{option} is empty: give a value, or leave the option out.")
        if isinstance(value, (list, dict)):
            raise OptionError(f"{option} must be a single value, not a list or a dictionary.")
        self.templar.available_variables = self._vars
        try:
            evaluated = self.templar.template(value)
            return str(evaluated) if option in _SECRET else evaluated
        except AnsibleError as error:
            # Its message can hold the template, and so the secret in it.
            reason = type(error).__name__ if option in _SECRET else str(error)
            raise OptionError(f"{option} cannot be evaluated or decrypted: {reason}.") from None

    def _check_source(self, source: t.Mapping[str, t.Any]) -> None:
        unknown = next((name for name in source if name not in self._options), None)
        if unknown is not None:
            close = did_you_mean(str(unknown), self._options)
            raise OptionError(f"There is no option {unknown}{close}: see ansible-doc -t inventory {self.NAME}.")
        if not self.get_option("account_kinds"):
            raise OptionError("account_kinds is an empty list: leave it out for all of them.")

    def _cached_accounts(self, path: str, cache: bool) -> list[Json]:
        """Return the accounts, from the cache where it is used."""
        options = self._graph_options
        kinds = [kind for kind in ACCOUNT_KINDS if kind in self.get_option("account_kinds")]
        identity = [*(options[option] for option in ("api_url", "api_version", "business_id")), kinds]
        use_cache = self.get_option("cache")
        key = self.get_cache_key(path)
        cached = self._cache.get(key) if use_cache and cache else None
        # The environment can name another business for the same source.
        if not isinstance(cached, dict) or cached.get("of") != identity:
            accounts, warnings = self._read(kinds)
            cached = {"of": identity, "accounts": accounts, "warnings": warnings}
            if use_cache:
                self._cache[key] = cached
        for warning in cached["warnings"]:
            self.display.warning(warning)
        return t.cast("list[Json]", cached["accounts"])

    def _read(self, kinds: list[str]) -> tuple[list[Json], list[str]]:
        client = GraphClient(self._settings)
        try:
            if not self._graph_options["validate_certs"]:
                self.display.warning(_options.UNVERIFIED)
            business_id = self._graph_options["business_id"]
            accounts, warnings = known_accounts(read_kinds(client, [(business_id, kind) for kind in kinds]))
            return accounts, [client.redact(warning) for warning in [*client.warnings, *warnings]]
        finally:
            client.close()

    def _add(self, account: Json) -> None:
        host = self.inventory.add_host(host_name(account, self.get_option("hostname")))
        fields = {f"waba_{field}": value for field, value in account.items() if field != "kinds"}
        variables = {
            **_marked({**fields, "business_id": self._graph_options["business_id"]}),
            "ansible_connection": trust_as_template("local"),
            "ansible_python_interpreter": trust_as_template("{{ ansible_playbook_python }}"),
        }
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)
        for kind in account["kinds"]:
            self.inventory.add_child(self.inventory.add_group(kind), host)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)


def _marked(value: t.Any) -> t.Any:
    """Return the value with its texts marked, so that none is ever a template.

    A text without these characters is no template, and is trusted: ansible-inventory prints the mark of untrusted text,
    and controllers store its output.
    """
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if not isinstance(value, str):
        return value
    return wrap_var(value) if set(value) & _TEMPLATE_MARKS else trust_as_template(value)


def known_accounts(listings: t.Sequence[KindListing]) -> tuple[list[Json], list[str]]:
    """Return the accounts by id, with their `kinds`, and warnings. Raises `GraphError` for a kind that was not read."""
    warnings = [
        f"The API does not know the field {field} of accounts: waba_{field} is null for every host."
        for field in sorted({field for listing in listings for field in listing.unknown_fields})
    ]
    warnings += [warning for listing in listings for warning in listing.warnings]
    return accounts_of(listings, "Or leave {kind} out of account_kinds."), warnings


def host_name(account: Json, hostname: str) -> str:
    """Return the name of an account's host: its id; for `name_and_id`, letters and digits of its name and the id."""
    if hostname == "id":
        return str(account["id"])
    words = re.sub("[^0-9A-Za-z]+", "_", account["name"] or "").strip("_")
    return f"{words}_{account['id']}".lstrip("_")
