# Copyright: (c) 2026, metaops.whatsapp contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that modules and the inventory plugin share: their specifications, and the checks of their values.

Ansible converts values to strings first (a null to an empty one, a float to `1.2e+20`), so values are checked here,
before any request.
"""

from __future__ import annotations

import ipaddress
import os
import re
import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleFallbackNotFound

from ._edges.tasks import TASKS
from ._graph.client import MAX_BATCH, Settings

#: The collection's version for code that runs where `galaxy.yml` is not: a unit test holds the two equal.
VERSION = "0.1.0"
#: The option of every module and the environment variable that stands in for it.
ENVIRONMENT = {
    "access_token": "WABA_ACCESS_TOKEN",
    "app_secret": "WABA_APP_SECRET",
    "waba_id": "WABA_ID",
    "business_id": "WABA_BUSINESS_ID",
    "api_version": "WABA_API_VERSION",
    "api_url": "WABA_API_URL",
}

#: The warning where `validate_certs` is false.
UNVERIFIED = "validate_certs is false: whoever sits between here and the API can take the access token."

#: What to do about assigned users whose tasks the API does not report.
UNREADABLE_CHOICES = ("warn", "apply", "fail")

ArgumentSpec = dict[str, dict[str, t.Any]]
Made = t.TypeVar("Made")


class OptionError(Exception):
    """An option's value cannot be used; the text names the option and the remedy."""


def environment(name: str) -> str:
    """Return a variable's value, for an option's fallback. An empty one, as controllers set it, counts as missing."""
    value = os.environ.get(name, "")
    if not value:
        raise AnsibleFallbackNotFound
    return value


def with_any_number(make: t.Callable[[ArgumentSpec], Made], spec: ArgumentSpec) -> Made:
    """Return what `make` makes of a specification, also where the value of an integer option is infinite.

    Ansible raises an `OverflowError` for it. As a float it is accepted there, and refused later by its bounds.
    """
    try:
        return make(spec)
    except OverflowError:
        floats = {key: {**about, "type": "float"} if about["type"] == "int" else about for key, about in spec.items()}
        return make(floats)


def graph_argument_spec() -> ArgumentSpec:
    spec: ArgumentSpec = {
        "access_token": {"type": "str", "required": True, "no_log": True},
        "app_secret": {"type": "str", "no_log": True},
        "waba_id": {"type": "str", "required": True},
        "business_id": {"type": "str", "required": True},
        "api_version": {"type": "str", "default": Settings.api_version},
        "api_url": {"type": "str", "default": Settings.api_url},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "timeout": {"type": "float", "default": Settings.timeout},
        "retries": {"type": "int", "default": Settings.retries},
        "max_retry_wait": {"type": "int", "default": int(Settings.max_retry_wait)},
    }
    for option, variable in ENVIRONMENT.items():
        spec[option]["fallback"] = (environment, [variable])
    return spec


def optional(*options: str) -> ArgumentSpec:
    """Return the specification of shared options for a module that does not require them."""
    return {option: {**graph_argument_spec()[option], "required": False} for option in options}


def declaration_argument_spec() -> ArgumentSpec:
    """Return the specification of accounts and people. Nested values are checked later.

    Ansible would stop at the first invalid value, and not say where it is.
    """
    kinds = ["owned", "client"]
    return {
        **optional("waba_id", "business_id"),
        "accounts": {"type": "list", "elements": "raw"},
        "account_kinds": {"type": "list", "elements": "str", "choices": kinds, "default": kinds},
        "people": {"type": "dict", "default": {}},
        "batch_size": {"type": "int", "default": MAX_BATCH},
    }


def purge_argument_spec(elements: str) -> ArgumentSpec:
    """Return the specification of the options of a purge."""
    return {
        "purge_users": {"type": "bool", "default": False},
        "keep_users": {"type": "list", "elements": elements, "default": []},
        "max_removals": {"type": "int"},
    }


def change_argument_spec() -> ArgumentSpec:
    """Return the specification of the options that all modules share which change access."""
    return {
        "purge_tasks": {"type": "bool", "default": True},
        "verify": {"type": "bool", "default": True},
        "allow_lockout": {"type": "bool", "default": False},
        "unreadable_tasks": {"type": "str", "choices": list(UNREADABLE_CHOICES), "default": "warn"},
    }


def changes_argument_spec(elements: str) -> ArgumentSpec:
    """Return the same for many users, who can be purged and whose plan can be approved."""
    approval: ArgumentSpec = {"plan": {"type": "list", "elements": "raw"}, "plan_id": {"type": "str"}}
    return {**change_argument_spec(), **purge_argument_spec(elements), **approval}


def user_argument_spec() -> ArgumentSpec:
    """Return the specification of one user by id; `tasks` are required for `present`."""
    return {
        "user_id": {"type": "str", "required": True, "aliases": ["user"]},
        "tasks": {"type": "list", "elements": "str", "choices": list(TASKS)},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "valid_until": {"type": "str"},
    }


def check_required_ids(params: t.Mapping[str, t.Any], argument_spec: t.Mapping[str, t.Any]) -> None:
    """Raise `OptionError` for a required id that is invalid, since Ansible lets a null pass, or given for both."""
    required = [option for option in ("waba_id", "business_id") if argument_spec[option].get("required")]
    ids = [check_id(option, params[option]) for option in required]
    if len(ids) == 2:
        check_different_ids(*ids)


def check_different_ids(waba_id: str, business_id: str, option: str = "waba_id") -> None:
    """Raise `OptionError` if one id is given for the account and for its business."""
    if waba_id == business_id:
        raise OptionError(
            f"{option} and business_id are both {waba_id}, and one of them is wrong. In Meta's settings, the id"
            " of an account is under Accounts > WhatsApp accounts, and that of the business under Business portfolio"
            " info."
        )


def graph_settings(params: t.Mapping[str, t.Any]) -> Settings:
    """Return the client's settings, made of the shared options. Raises `OptionError`."""
    return Settings(
        access_token=_secret("access_token", params["access_token"]),
        app_secret=None if params["app_secret"] is None else _secret("app_secret", params["app_secret"]),
        api_url=_api_url(params["api_url"]),
        api_version=_api_version(params["api_version"]),
        user_agent=f"metaops-whatsapp/{VERSION}",
        verify=_verify(validate_certs=params["validate_certs"], ca_path=params["ca_path"]),
        timeout=check_between("timeout", params["timeout"], 0.001, 3600, "seconds"),
        retries=int(check_between("retries", params["retries"], 0, 100, "further tries")),
        max_retry_wait=check_between("max_retry_wait", params["max_retry_wait"], 0, 86400, "seconds"),
    )


def check_id(option: str, value: t.Any) -> str:
    """Return the id, which is digits only. Raises `OptionError`."""
    if isinstance(value, str) and re.fullmatch("[0-9]+", value):
        return value
    if value in (None, ""):
        variable = f", or set {ENVIRONMENT[option]}" if option in ENVIRONMENT else ""
        raise OptionError(f"{option} is empty: give the id, digits only, in quotes{variable}.")
    if isinstance(value, str) and "@" in value and "user" in option:
        raise OptionError(
            f"{option} must be an id of digits only; got the e-mail address {value!r}. The module"
            " metaops.whatsapp.waba_access takes e-mail addresses, and the playbook metaops.whatsapp.whois shows the id"
            " of a person: ansible-playbook metaops.whatsapp.whois -e person=ADDRESS"
        )
    raise OptionError(
        f"{option} must be an id of digits only, in quotes so that YAML does not make a number of it; got {value!r}."
    )


def check_between(option: str, value: float, least: float, most: float, unit: str) -> float:
    """Return the number, which is within these bounds. Raises `OptionError`, also for NaN."""
    if not least <= value <= most:
        raise OptionError(f"{option} must be between {least:g} and {most:g} {unit}; got {value}.")
    return value


def _secret(option: str, value: str) -> str:
    """Return a secret that is valid in a header. Raises `OptionError`, whose message never repeats it."""
    if not value:
        raise OptionError(f"{option} is empty: give it, or leave the option out to use {ENVIRONMENT[option]}.")
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise OptionError(
            f"{option} holds a character that it cannot have, such as a space, a line break or a letter beyond ASCII:"
            " check how it was copied, and trim what a file or a command gives."
        )
    return value


def _api_url(value: str) -> str:
    """Return the address without a trailing slash. Plain HTTP shows the token to the network: only for loopback."""
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port  # reading the port checks it
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or not re.fullmatch(r"[\x21-\x7e]+", value):
        raise OptionError("api_url must be an address such as https://graph.facebook.com, or that of a gateway to it.")
    if any(mark in value for mark in "@?#"):
        raise OptionError("api_url must have no user, password, query or fragment: they would end up in logs.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise OptionError(
            "api_url must begin with https://: plain http would show the access token to the network,"
            " and is accepted for this machine's own addresses only (localhost, 127.0.0.1, [::1])."
        )
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _api_version(value: str) -> str:
    if not re.fullmatch(r"v[0-9]+\.[0-9]+", value):
        raise OptionError(f"api_version must be like v23.0; got {value!r}.")
    return value


def _verify(*, validate_certs: bool, ca_path: str | None) -> bool | str:
    if ca_path is None:
        return validate_certs
    if not os.path.exists(ca_path):  # noqa: PTH110 - Path's raises for a path that is too long
        raise OptionError(f"ca_path: there is no file or folder {ca_path!r} on the machine where the module runs.")
    if not validate_certs:
        raise OptionError("ca_path has no use while validate_certs is false: give one of the two.")
    return ca_path
