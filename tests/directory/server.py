# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real OpenLDAP server with the people and the groups of a company."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import directory_server
import ldap
import ldap.modlist

BASE = "dc=example,dc=com"
ADMIN = f"cn=admin,{BASE}"
ADMIN_PASSWORD = "admin-of-the-test-server"
#: Who may read, and who may bind but sees no members of groups.
READER, READER_PASSWORD = f"cn=reader,{BASE}", "reader-4kQ2mZCxT9pLwR"
STRANGER = f"cn=stranger,{BASE}"
#: Sees no more than this many entries in a search.
LIMITED, LIMIT = f"cn=limited,{BASE}", 2
LEADS = f"cn=whatsapp-leads,ou=groups,{BASE}"
AGENTS = f"cn=whatsapp-agents,ou=groups,{BASE}"
PATIENCE = 30

CONFIG = """
include {root}/etc/ldap/schema/core.schema
include {root}/etc/ldap/schema/cosine.schema
include {root}/etc/ldap/schema/inetorgperson.schema
modulepath {root}/usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {folder}/slapd.pid
access to dn.subtree="ou=groups,{base}" by dn.exact="{reader}" read by dn.exact="{limited}" read by * auth
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by dn.exact="{limited}" read by dn.exact="{stranger}" read by * auth
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw {password}
directory {folder}/data
limits dn.exact="{reader}" size=unlimited
limits dn.exact="{limited}" size.soft={limit} size.hard={limit} size.prtotal={limit}
overlay memberof
memberof-refint TRUE
"""


def person(uid: str) -> str:
    """The name of a person's entry."""
    return f"uid={uid},ou=people,{BASE}"


class Directory:
    """The server. Changes are made as its administrator."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.uri = ""

    def __enter__(self) -> Directory:  # noqa: PYI034 - Self is newer than Python 3.10
        root = directory_server.root()
        assert root, directory_server.missing()
        (self._folder / "data").mkdir()
        names = {"base": BASE, "admin": ADMIN, "reader": READER, "limited": LIMITED, "stranger": STRANGER}
        text = CONFIG.format(
            root=str(root).rstrip("/"), folder=self._folder, password=ADMIN_PASSWORD, limit=LIMIT, **names
        )
        config = self._folder / "slapd.conf"
        config.write_text(text, encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.uri = f"ldap://127.0.0.1:{free.getsockname()[1]}"
        command = [str(root / "usr" / "sbin" / "slapd"), "-f", str(config), "-h", self.uri, "-d", "0"]
        self._log = (self._folder / "log").open("wb")
        environment = {**os.environ, **directory_server.environment()}
        self._process = subprocess.Popen(command, env=environment, stdout=self._log, stderr=self._log)
        end = time.monotonic() + PATIENCE
        while not self._answers():
            said = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
            assert self._process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        self._admin = ldap.initialize(self.uri)
        with contextlib.suppress(ldap.SERVER_DOWN):
            self._admin.simple_bind_s(ADMIN, ADMIN_PASSWORD)
            return True
        return False

    def __exit__(self, *_exception: object) -> None:
        self._admin.unbind_s()
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._log.close()

    def environment(self, bind_dn: str = READER, password: str = READER_PASSWORD) -> dict[str, str]:
        """What the playbook reads, and where its library finds those of OpenLDAP."""
        found = directory_server.environment()
        libraries = {name: value for name, value in found.items() if name == "LD_LIBRARY_PATH"}
        return {"LDAP_URI": self.uri, "LDAP_BIND_DN": bind_dn, "LDAP_BIND_PASSWORD": password, **libraries}

    def add(self, dn: str, **attributes: str | Sequence[str]) -> None:
        """Add an entry."""
        texts = {name: [value] if isinstance(value, str) else value for name, value in attributes.items()}
        encoded = {name: [each.encode() for each in values] for name, values in texts.items()}
        self._admin.add_s(dn, ldap.modlist.addModlist(encoded))

    def add_person(self, uid: str, mail: str | Sequence[str] | None) -> str:
        """Add a person; gives the entry's name."""
        known = {} if mail is None else {"mail": mail}
        self.add(person(uid), objectClass="inetOrgPerson", uid=uid, cn=uid, sn=uid, **known)
        return person(uid)

    def set(self, dn: str, attribute: str, values: Sequence[str]) -> None:
        """Replace an attribute's values."""
        self._admin.modify_s(dn, [(ldap.MOD_REPLACE, attribute, [value.encode() for value in values])])

    def members(self, group: str, *uids: str) -> None:
        """Let a group have these members."""
        self.set(group, "member", [person(uid) for uid in uids])

    def delete(self, dn: str) -> None:
        """Delete an entry."""
        self._admin.delete_s(dn)

    def reset(self) -> None:
        """Have the people and groups of the start."""
        try:
            entries = self._admin.search_s(BASE, ldap.SCOPE_SUBTREE, attrlist=["1.1"])
        except ldap.NO_SUCH_OBJECT:
            entries = []
        for dn in sorted((dn for dn, _attributes in entries), key=lambda dn: -dn.count(",")):
            self.delete(dn)
        self.add(BASE, objectClass=["dcObject", "organization"], dc="example", o="Example")
        for unit in ("people", "groups"):
            self.add(f"ou={unit},{BASE}", objectClass="organizationalUnit", ou=unit)
        for dn in (READER, STRANGER, LIMITED):
            name = dn.partition(",")[0].removeprefix("cn=")
            self.add(
                dn, objectClass=["organizationalRole", "simpleSecurityObject"], cn=name, userPassword=READER_PASSWORD
            )
        # Meta has these people with addresses in lower case.
        self.add_person("john", "John.Smith@Example.com")
        self.add_person("maria", "maria.garcia@example.com")
        self.add_person("ahmed", "ahmed.hassan@example.com")
        self.add_person("jane", "jane.doe@example.com")
        self.add_person("li", "li.wei@example.com")
        self.add_person("new", "new.colleague@example.com")
        self.add(LEADS, objectClass="groupOfNames", cn="whatsapp-leads", member=person("john"))
        agents = [person(uid) for uid in ("maria", "ahmed", "jane")]
        self.add(AGENTS, objectClass="groupOfNames", cn="whatsapp-agents", member=agents)
