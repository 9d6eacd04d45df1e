# Copyright: (c) 2026, metaops.whatsapp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The project's checks and tests: ``make`` runs them, ``.venv/bin/nox --list`` names them.

``.venv/bin/nox -s NAME`` runs one. All that is made lies in .venv: environments in nox, a home folder for the tools in
home, copies of the checkout in build.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import antsibull_nox
import nox
from nox.command import CommandFailed

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tools"))

import checkout  # noqa: E402
import directory_server  # noqa: E402
import find_pythons  # noqa: E402
import java  # noqa: E402
import matrix  # noqa: E402
import matrix_table  # noqa: E402
import pip_for_ansible_test  # noqa: E402
import pip_settings  # noqa: E402

VENV = ROOT / ".venv"
REQUIREMENTS = Path("tests", "requirements")
PYTHONS = find_pythons.linked(find_pythons.LINKS)
PIP_SETTINGS = pip_settings.read()
# For uv alone: a proxy or an authority from pip's settings would reach the tests as well.
UV = pip_settings.for_uv(PIP_SETTINGS, os.environ)
TESTED = matrix.tested(PYTHONS)
NEWEST = TESTED[-1]
# ansible-test, which starts a process for each test, runs the unit tests on the oldest and the newest Python here.
# pytest runs them on those between, of which one may be the Python of nox: that of the session unit.
TARGETS = [python for python in matrix.TARGETS if python in PYTHONS]
BETWEEN = [python for python in TARGETS[1:-1] if python != f"{sys.version_info.major}.{sys.version_info.minor}"]


def files(*names: str) -> list[str]:
    return [f"tests/playbooks/test_{name}.py" for name in names]


# Of all playbooks those in which one ansible-core may differ from another in ways that the integration targets do not
# show. What is left to the newest one: the API's many faults and ways.
PLAYBOOKS = files("install", "playbook_access", "playbook_bad_input", "playbook_many", "playbook_secrets")


nox.options.envdir = str(VENV / "nox")
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.download_python = "never"
# Sessions are made for the Pythons that are here.
nox.options.error_on_missing_interpreters = True
nox.options.allow_parallel = True
nox.options.tags = ["check"]

# The user's own settings of Ansible, Python and this collection stay out of the tests.
for name in list(os.environ):
    if name.startswith(("ANSIBLE_", "WABA_", "PYTHON")) or name in ("VIRTUAL_ENV", "MYPYPATH"):
        del os.environ[name]
os.environ["PATH"] = os.pathsep.join([str(find_pythons.LINKS), os.environ["PATH"]])
os.environ["LC_ALL"] = "C.UTF-8"
os.environ["PYTHONPYCACHEPREFIX"] = str(VENV / "pycache")
os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(VENV / "hypothesis")


def each(cores: list[tuple[matrix.Core, str]]) -> Callable[[Any], Any]:
    return nox.parametrize("python,core", [nox.param(python, core, id=core.version) for core, python in cores])


every_core = each(TESTED[::-1])


# Quick checks

# extra-checks, as antsibull-nox.toml has it.
antsibull_nox.load_antsibull_nox_toml()
nox.registry.get()["extra-checks"].tags += ["check", "test"]


@nox.session(tags=["check", "test"])
def lint(session: nox.Session) -> None:
    """ruff, yamllint and ansible-lint."""
    install(session, "lint.txt")
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")
    run(session, "yamllint", "--strict", ".")
    run(session, "ansible-lint", "--profile", "production", "--offline", "--nocolor", ANSIBLE_COLLECTIONS_PATH=tree())


@nox.session(tags=["check", "test"])
def types(session: nox.Session) -> None:
    """mypy, strictly, on plugins and tests."""
    install(session, "types.txt", "tests.txt")
    collection = tree() / checkout.COLLECTION
    run(session, "mypy", str(collection / "plugins"), str(collection / "extensions"), MYPYPATH=tree())
    # Newer than the plugins' own 3.9: pytest and nox are written for it.
    tests = sorted(str(folder) for folder in Path("tests").iterdir() if any(folder.glob("*.py")))
    path = os.pathsep.join([str(tree()), "tests", "tools", "tests/unit"])
    run(session, "mypy", "--python-version", "3.10", "noxfile.py", "tools", *tests, MYPYPATH=path)


@nox.session(tags=["check", "test"])
def unit(session: nox.Session) -> None:
    """The unit tests on one Python, with their coverage. ``nox -s unit -- ARGUMENTS`` hands arguments to pytest."""
    install(session, "tests.txt", "ansible-core")
    coverage = [] if session.posargs else ["--cov", "--cov-report=term-missing:skip-covered"]
    run(session, "pytest", *coverage, *(session.posargs or ["tests/unit"]), PYTHONPATH=tree())


# All tests, the longest first, so that no core is idle at the end


@nox.session(tags=["test"], python=NEWEST[1])
def documents(session: nox.Session) -> None:
    """Every block of README and guides, the demo, and a small benchmark, as a user runs them."""
    install(session, "tests.txt", "playbooks.txt", NEWEST[0].requirement)
    run_pytest(session, install_artifact(session), *(session.posargs or ["tests/documents"]))


@nox.session(tags=["test"], python=NEWEST[1])
def playbooks(session: nox.Session) -> None:
    """Playbooks against the sandbox, with the collection as it is installed."""
    install(session, "tests.txt", "playbooks.txt", NEWEST[0].requirement)
    run_pytest(session, install_artifact(session), *(session.posargs or ["tests/playbooks"]))


@nox.session(tags=["test"], python=NEWEST[1])
def units(session: nox.Session) -> None:
    """The unit tests by ansible-test, on the oldest and the newest Python that modules may run on."""
    install(session, "ansible-test.txt", NEWEST[0].requirement)
    pythons = [argument for python in dict.fromkeys((TARGETS[0], TARGETS[-1])) for argument in target(python)]
    controller = ["--controller", f"origin:python=venv/{session.python}"]
    ansible_test(session, copied_tree(session), "units", *session.posargs, *controller, *pythons)


@nox.session(tags=["test"], python=NEWEST[1])
def page(session: nox.Session) -> None:
    """The audit's page in a browser."""
    install(session, "tests.txt", "playbooks.txt", NEWEST[0].requirement)
    run_pytest(session, install_artifact(session), *(session.posargs or ["tests/page"]))


@nox.session(tags=["test"])
@every_core
def integration(session: nox.Session, core: matrix.Core) -> None:
    """The integration targets, with the collection as it is installed from its artifact."""
    install(session, "ansible-test.txt", core.requirement)
    ansible_test(session, with_tests(session, install_artifact(session)), "integration", *session.posargs, "--venv")


@nox.session(tags=["test"], python=NEWEST[1])
def sanity(session: nox.Session) -> None:
    """ansible-test sanity. On other cores, ``make matrix`` runs it."""
    install(session, "sanity.txt", NEWEST[0].requirement)
    run_sanity(session, NEWEST[0])


@nox.session(tags=["test"], python=NEWEST[1])
def resilience(session: nox.Session) -> None:
    """A share of what ``make trust`` tries."""
    run_trust(session, NEWEST[0], *(session.posargs or ["tests/resilience"]))


@nox.session(tags=["test"], python=NEWEST[1])
def artifact(session: nox.Session) -> None:
    """What Galaxy's importer says of the artifact, and what is in it; execution environments; releases."""
    install(session, "tests.txt", "artifact.txt", "docs.txt", "ansible-core")
    # As a user has it: ansible-core, what the collection declares, and nothing else.
    bare = build_folder(session) / "bare"
    collections = install_artifact(session)
    declared = collections / checkout.COLLECTION / "requirements.txt"
    python = str(find_pythons.LINKS / f"python{session.python}")
    session.run("uv", "venv", "--quiet", "--clear", "--python", python, str(bare), external=True)
    into = ("uv", "pip", "install", "--quiet", "--python", str(bare))
    session.run(*into, NEWEST[0].requirement, "-r", str(declared), external=True, env=UV)
    run_pytest(session, collections, *(session.posargs or ["tests/artifact"]), METAOPS_BARE=bare)


@nox.session(tags=["test"], python=BETWEEN)
def between(session: nox.Session) -> None:
    """The unit tests by pytest, on the Pythons between, with the newest ansible-core that runs there."""
    install(session, "tests.txt", "ansible-core")
    run(session, "pytest", *(session.posargs or ["tests/unit"]), PYTHONPATH=tree())


@nox.session(tags=["test"], python=NEWEST[1])
def controller(session: nox.Session) -> None:
    """Jobs as AWX runs them, and the playbook that sets up a controller, with awx.awx out of PyPI's package ansible."""
    install(session, "tests.txt", "playbooks.txt", NEWEST[0].requirement, "pip")
    folder = build_folder(session) / "awx"
    pip_settings.write(home(session), PIP_SETTINGS)
    take_collection(session, "awx.awx", folder)
    tests = session.posargs or ["tests/controller"]
    run_pytest(session, install_artifact(session), *tests, METAOPS_AWX_COLLECTIONS=folder)


@nox.session(tags=["test"], python=NEWEST[1])
def events(session: nox.Session) -> None:
    """Rulebooks with the real ansible-rulebook, where there is Java, and hours of a watch over accounts."""
    install(session, "tests.txt", "events.txt", NEWEST[0].requirement)
    run_pytest(session, install_artifact(session), *(session.posargs or ["tests/events"]))
    if not shutil.which("java"):
        session.warn(java.MISSING)


@nox.session(tags=["test"], python=NEWEST[1])
def directory(session: nox.Session) -> None:
    """People from the groups of a real OpenLDAP server, read with community.general, and the guide to it."""
    if directory_server.root() is None:
        session.run("python", "tools/directory_server.py")
    if reason := directory_server.missing():
        session.skip(reason)
    libraries = directory_server.environment()
    install(session, "tests.txt", "playbooks.txt", NEWEST[0].requirement, "pip")
    session.install("-r", str(REQUIREMENTS / "directory.txt"), env={**UV, **libraries})
    collections = install_artifact(session)
    pip_settings.write(home(session), PIP_SETTINGS)
    take_collection(session, "community.general", collections)
    run_pytest(session, collections, *(session.posargs or ["tests/directory"]), METAOPS_DIRECTORY="yes", **libraries)


@nox.session(tags=["test"])
def sandbox(session: nox.Session) -> None:
    """The sandbox alone, by plain HTTP calls and with Meta's own SDK."""
    install(session, "tests.txt", "playbooks.txt")
    run(session, "pytest", *(session.posargs or ["tests/sandbox"]))


@nox.session(tags=["test"])
@every_core
def docs(session: nox.Session, core: matrix.Core) -> None:
    """The documentation of every plugin, the links in it, and the changelog."""
    install(session, *(["docs.txt"] if core == NEWEST[0] else []), core.requirement)
    collections = install_artifact(session)
    for plugin_type, names in plugins().items():
        run(session, "ansible-doc", "--type", plugin_type, *names, silent=True, ANSIBLE_COLLECTIONS_PATH=collections)
    if core != NEWEST[0]:
        # What follows is the same with every ansible-core.
        return
    checks = ["--plugin-docs", "--validate-collection-refs", "all", "--check-extra-docs-refs"]
    run(session, "antsibull-docs", "lint-collection-docs", *checks, str(copied_tree(session)))
    run(session, "antsibull-changelog", "lint")


@nox.session(tags=["test"], python=NEWEST[1])
def site(session: nox.Session) -> None:
    """The documentation site, of the collection as it is installed from its artifact: no warnings, no broken links."""
    install(session, "site.txt", NEWEST[0].requirement)
    collections = install_artifact(session)
    folder = build_folder(session) / "site"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    options = ["--use-current", "--squash-hierarchy"]
    name = "metaops.whatsapp"
    titles = ["--project", name, "--title", name]
    run(session, "antsibull-docs", "sphinx-init", *options, "--lenient", *titles, "--dest-dir", str(folder), name)
    run(session, "python", "tools/docsite.py", str(folder))
    config = ["--config-file", str(folder / "antsibull-docs.cfg")]
    pages = [*options, "--cleanup", "everything", "--fail-on-error", "--dest-dir", str(folder / "rst"), name]
    run(session, "antsibull-docs", *config, "collection", *pages, ANSIBLE_COLLECTIONS_PATH=collections)
    # antsibull-docs takes the guides alone, and no pictures.
    guides = collections / checkout.COLLECTION / "docs" / "docsite" / "rst"
    shutil.copytree(guides, folder / "rst" / "docsite", ignore=shutil.ignore_patterns("*.rst"), dirs_exist_ok=True)
    html = folder / "html"
    run(session, "sphinx-build", "-q", "-W", "--keep-going", "-c", str(folder), str(folder / "rst"), str(html))
    run(session, "pytest", "tests/site", METAOPS_SITE=html)
    session.log(f"The site: {(html / 'index.html').as_uri()}")


@nox.session(tags=["test"])
def licenses(session: nox.Session) -> None:
    """Every file says under which license it is, in the checkout and in the artifact."""
    install(session, "licenses.txt", "ansible-core")
    installed = install_artifact(session) / checkout.COLLECTION
    for root in (copied_tree(session), installed):
        run(session, "reuse", "--root", str(root), "lint")


# On every supported ansible-core


@nox.session(name="matrix", tags=["matrix"])
@each(matrix.runnable(PYTHONS))
def all_of_a_core(session: nox.Session, core: matrix.Core) -> None:
    """sanity, playbooks, and the integration targets on every Python. ``make matrix`` shows a table of the results."""
    install_core(session, core, "tests.txt", "playbooks.txt", "sanity.txt")
    collections = install_artifact(session)
    results = {
        matrix_table.SANITY: succeeds(partial(run_sanity, session, core)),
        matrix_table.PLAYBOOKS: succeeds(partial(run_pytest, session, collections, *PLAYBOOKS)),
    }
    collection = with_tests(session, collections)
    controller = ["integration", "--controller", f"origin:python=venv/{session.python}"]
    for target in core.targets_here(PYTHONS):
        command = [*controller, "--target", f"controller:python=venv/{target}"]
        results[target] = succeeds(partial(ansible_test, session, collection, *command))
    said = session.run("python", "-c", "import ansible.release; print(ansible.release.__version__)", silent=True)
    matrix_table.Row(core.version, str(said).strip(), str(session.python), results).save(VENV / "matrix")
    if failed := [name for name, passed in results.items() if not passed]:
        session.error(f"{', '.join(failed)}: failed")


# What takes longer


@nox.session(python=NEWEST[1])
def trust_logic(session: nox.Session) -> None:
    """All that can be tried with the modules' logic in one process: what does not depend on ansible-core."""
    run_trust(session, NEWEST[0], "--whole", *seed(), *(session.posargs or ["tests/resilience/logic"]))
    if not session.posargs:
        properties = ["-m", "hypothesis", "--hypothesis-profile=whole", *seed(), "tests/unit"]
        run(session, "pytest", *properties, PYTHONPATH=tree())


@nox.session
@each(matrix.runnable(PYTHONS)[::-1])
def trust_platform(session: nox.Session, core: matrix.Core) -> None:
    """All that takes processes: signals, forks, TLS, proxies, memory; secrets, on every ansible-core."""
    folder = "tests/resilience/platform"
    part = folder if core.version == NEWEST[0].version else f"{folder}/test_secrets.py"
    run_trust(session, core, "--whole", *seed(), *(session.posargs or [part]))


# What is not a test


@nox.session
def build(session: nox.Session) -> None:
    """Builds the artifact into dist."""
    install(session, "ansible-core")
    built = build_artifact(session, ROOT / "dist")
    session.log(f"The artifact: {built.relative_to(ROOT)}")


@nox.session(python=NEWEST[1])
def demo(session: nox.Session) -> None:
    """Makes the environment that tools/demo.py runs in."""
    install(session, "demo.txt", NEWEST[0].requirement)


@nox.session(python=NEWEST[1])
def bench(session: nox.Session) -> None:
    """Makes the environment that tools/benchmark/run.py runs in."""
    install(session, "bench.txt", NEWEST[0].requirement)


@nox.session(python=NEWEST[1])
def surface(session: nox.Session) -> None:
    """Writes docs/public_surface.md, the list of every name that a playbook can use."""
    install(session, NEWEST[0].requirement)
    run(session, "python", "tools/surface.py", str(tree()))


@nox.session
def changelog(session: nox.Session) -> None:
    """antsibull-changelog with the arguments after --: ``nox -s changelog -- release`` makes that of a release."""
    install(session, "docs.txt", "ansible-core")
    run(session, "antsibull-changelog", *(session.posargs or ["lint"]))


@nox.session
def release(session: nox.Session) -> None:
    """Sets version and changelog for ``make release``, which runs all tests afterwards."""
    install(session, "docs.txt", "ansible-core")
    run(session, "python", "tools/release.py", "prepare", *session.posargs)


# Helpers


def install(session: nox.Session, *requirements: str) -> None:
    """Installs requirements: files of tests/requirements, or single ones."""
    arguments = [
        argument
        for name in requirements
        for argument in (["-r", str(REQUIREMENTS / name)] if name.endswith(".txt") else [name])
    ]
    session.install(*arguments, env=UV)


def install_core(session: nox.Session, core: matrix.Core, *requirements: str) -> None:
    """Installs an ansible-core, which may not be there yet, and requirements."""
    try:
        install(session, *requirements, core.requirement)
    except CommandFailed:
        if core.is_coming:
            session.skip("the index has no release candidate, or the lines above say what is wrong")
        raise


def run(session: nox.Session, *command: str, silent: bool = False, **environment: str | Path) -> None:
    """Runs a command of the session's environment, with a home folder of its own."""
    session.run(
        *command,
        silent=silent,
        env={"HOME": str(home(session)), **{name: str(value) for name, value in environment.items()}},
    )


def run_pytest(session: nox.Session, collections: Path, *arguments: str, **environment: str | Path) -> None:
    """Runs tests that use the collection as it is installed in this folder of collections."""
    run(session, "pytest", *arguments, silent=False, METAOPS_COLLECTIONS=collections, **environment)


def run_sanity(session: nox.Session, core: matrix.Core) -> None:
    skipped = [argument for test in core.sanity_skipped for argument in ("--skip-test", test)]
    ansible_test(session, copied_tree(session), "sanity", "--local", *skipped, *session.posargs)


def target(python: str) -> list[str]:
    """The arguments that add a Python to those of ansible-test units."""
    return ["--target-python", f"venv/{python}"]


def succeeds(part: Callable[[], None]) -> bool:
    try:
        part()
    except CommandFailed:
        return False
    return True


def tree() -> Path:
    """The checkout itself as a tree of collections."""
    return checkout.link(ROOT, VENV / "tree")


def build_folder(session: nox.Session) -> Path:
    """What this session makes out of the checkout."""
    return VENV / "build" / slug(session)


def home(session: nox.Session) -> Path:
    """Sessions that run at the same time do not share one: ansible-test makes its environments there."""
    return VENV / "home" / slug(session)


def slug(session: nox.Session) -> str:
    return session.name.replace("(", "-").rstrip(")")


def copied_tree(session: nox.Session) -> Path:
    """A copy of the checkout's files where ansible-test finds a collection."""
    return own_repository(session, checkout.copy(ROOT, build_folder(session) / checkout.COLLECTION))


def own_repository(session: nox.Session, folder: Path) -> Path:
    """Without one, tools that ask git about the folder would hear that the checkout ignores it."""
    session.run("git", "init", "--quiet", str(folder), external=True, silent=True)
    return folder


def seed() -> list[str]:
    """What the random tests draw from, as ``make trust`` chose it or was given it."""
    number = os.environ.get("METAOPS_SEED")
    return [f"--hypothesis-seed={number}"] if number else []


def run_trust(session: nox.Session, core: matrix.Core, *arguments: str) -> None:
    """Runs tests of tests/resilience against the installed collection; they write down how much they tried."""
    install_core(session, core, "tests.txt")
    collections = install_artifact(session)
    counts = VENV / "trust" / f"{slug(session)}.json"
    counts.parent.mkdir(exist_ok=True)
    environment: dict[str, str | Path] = {"METAOPS_COLLECTIONS": collections, "METAOPS_TRUST_COUNTS": counts}
    run(session, "pytest", *arguments, silent=False, PYTHONPATH=collections, **environment)


def build_artifact(session: nox.Session, folder: Path) -> Path:
    """Builds the artifact, out of a clean copy of the checkout, into a folder."""
    source = str(checkout.copy(ROOT, build_folder(session) / "source"))
    run(session, "ansible-galaxy", "collection", "build", "--force", "--output-path", str(folder), source, silent=True)
    return max(folder.glob("*.tar.gz"), key=os.path.getmtime)


def install_artifact(session: nox.Session) -> Path:
    """Builds the artifact, installs it as a user does, and returns the folder of collections."""
    folder = build_folder(session) / "collections"
    # Tests look for the one that is beside that folder.
    for other_version in build_folder(session).glob("*.tar.gz"):
        other_version.unlink()
    built = str(build_artifact(session, build_folder(session)))
    run(session, "ansible-galaxy", "collection", "install", "--force", "-p", str(folder), built, silent=True)
    return folder


def take_collection(session: nox.Session, name: str, folder: Path) -> None:
    """Puts a collection of PyPI's package ansible into a folder of collections."""
    requirements = str(REQUIREMENTS / "ansible.txt")
    run(session, "python", "tools/packaged_collection.py", requirements, str(folder), name)


def with_tests(session: nox.Session, collections: Path) -> Path:
    """The installed collection, with the tests that ansible-test looks for in it."""
    collection = collections / checkout.COLLECTION
    return own_repository(session, checkout.copy(ROOT, collection, below="tests"))


def ansible_test(session: nox.Session, collection: Path, command: str, *arguments: str) -> None:
    """Runs ansible-test in a collection."""
    package = session.run("python", "-c", "import ansible_test; print(ansible_test.__path__[0])", silent=True)
    pip_for_ansible_test.prepare(home(session), PIP_SETTINGS, Path(str(package).strip()))
    with session.chdir(collection):
        run(session, "ansible-test", command, "--color", "no", *arguments)


def plugins() -> dict[str, list[str]]:
    """The full names of all plugins, by type as ansible-doc calls it."""
    folders = {"module": "modules", "inventory": "inventory", "lookup": "lookup", "filter": "filter"}
    names = {
        kind: sorted(f"metaops.whatsapp.{path.stem}" for path in (ROOT / "plugins" / folder).glob("[a-z]*.py"))
        for kind, folder in folders.items()
    }
    return {kind: found for kind, found in names.items() if found}
