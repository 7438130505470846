"""Solidity to artifacts: a self-contained standard-JSON input a contract, compiled by py-solc-x, cached by its hash.

Run as `chaqi compile`. Running Chaqi never compiles: artifacts are committed, and a test proves that they reproduce.
A native solc of the pinned version on the path is used, otherwise npm's behind `hardhat-free-devnet/solc`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from solcx import compile_standard
from solcx.exceptions import SolcError

from chain.artifacts import ARTIFACTS, CREATED, signature
from chain.errors import ChaqiError

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "contracts"
DEVNET = ROOT / "hardhat-free-devnet"
LIBRARIES = DEVNET / "node_modules"
ACCESS_MANAGER = "@openzeppelin/contracts/access/manager/AccessManager.sol"

COMPILER_SETTINGS = {
    "evmVersion": "berlin",  # the newest that every engine runs: anvil, Besu, GoQuorum, FISCO BCOS
    "optimizer": {"enabled": True, "runs": 200},
    "viaIR": True,  # events with more fields than the stack holds
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}


class CompilerMissing(ChaqiError):
    """No Solidity compiler of the pinned version can be found."""

    en = "No Solidity compiler {version} found. Run `make setup` with Node installed, or put that solc on the path."
    zh = "未找到 Solidity 编译器 {version}。请在安装 Node 后运行 `make setup`，或将该版本 solc 放入路径。"


class ContractsDoNotCompile(ChaqiError):
    """The compiler found errors; `report` is what it said."""

    en = "The contracts do not compile:\n{report}"
    zh = "合约编译失败：\n{report}"


def pinned_version() -> str:
    """The compiler version pinned in the devnet's package.json."""
    return str(json.loads((DEVNET / "package.json").read_text())["dependencies"]["solc"])


def compiler() -> Path:
    """The compiler to use: native if it has the pinned version, else the npm one. Raises `CompilerMissing`."""
    version = pinned_version()
    native = shutil.which("solc")
    if native:
        said = subprocess.run([native, "--version"], capture_output=True, text=True, check=False).stdout
        if f"Version: {version}" in said:
            return Path(native)
    if (LIBRARIES / "solc").is_dir() and shutil.which("node"):
        return DEVNET / "solc"
    raise CompilerMissing(version=version)


def source_of(name: str) -> str:
    """The file that declares contract `name`, as the compiler knows it."""
    return ACCESS_MANAGER if name == "AccessManager" else f"contracts/{name}.sol"


def standard_input(name: str) -> dict[str, Any]:
    """The compiler input of one contract with every source inside it: it can be verified anywhere, byte for byte."""
    sources: dict[str, str] = {}
    pending = [source_of(name)]
    while pending:
        file = pending.pop()
        if file in sources:
            continue
        text = (LIBRARIES if file.startswith("@") else ROOT).joinpath(file).read_text()
        sources[file] = text
        for imported in re.findall(r'^import\s+(?:[^"]*?from\s+)?"([^"]+)"', text, re.MULTILINE):
            pending.append(_resolve(file, imported))
    words = {file: {"*": ["devdoc"]} for file in sorted(sources) if file.startswith("contracts/interfaces/")}
    wanted = {source_of(name): {name: ["abi", "evm.bytecode.object", "userdoc", "devdoc"]}}
    return {
        "language": "Solidity",
        "sources": {file: {"content": sources[file]} for file in sorted(sources)},
        "settings": COMPILER_SETTINGS | {"outputSelection": words | wanted},
    }


def input_hash(source: dict[str, Any]) -> str:
    """SHA-256 over compiler version and input, in hex: what an artifact says it came from."""
    text = json.dumps([pinned_version(), source], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _resolve(importer: str, imported: str) -> str:
    if not imported.startswith("."):
        return imported
    parts = importer.split("/")[:-1]
    for step in imported.split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def compile_contract(name: str, cache: Path | None = None) -> dict[str, Any]:
    """Compiles one contract; returns its artifact as written to disk.

    `cache` is a folder for compiler outputs by input hash. Raises `CompilerMissing`, `ContractsDoNotCompile`.
    """
    source = standard_input(name)
    cached = cache / f"{input_hash(source)}.json" if cache else None
    if cached and cached.is_file():
        output = json.loads(cached.read_text())
    else:
        try:
            output = compile_standard(source, solc_binary=compiler(), allow_empty=True)
        except SolcError as failure:
            raise ContractsDoNotCompile(report=failure.message) from failure
        if cached:
            cached.parent.mkdir(parents=True, exist_ok=True)
            cached.write_text(json.dumps(output))
    compiled = output["contracts"][source_of(name)][name]
    return {
        "contractName": name,
        "inputHash": input_hash(source),
        "abi": compiled["abi"],
        "userdoc": compiled["userdoc"],
        "devdoc": _with_inherited_words(output["contracts"], compiled),
        "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
    }


def _with_inherited_words(contracts: dict[str, Any], compiled: dict[str, Any]) -> dict[str, Any]:
    """Adds what `@inheritdoc` leaves behind: the custom tags, which hold the Chinese words."""
    own = {signature(entry) for entry in compiled["abi"] if entry["type"] == "function"}
    methods = dict(compiled["devdoc"].get("methods", {}))
    for file, interfaces in contracts.items():
        if file.startswith("contracts/interfaces/"):
            for interface in interfaces.values():
                for method, words in interface["devdoc"].get("methods", {}).items():
                    if method in own:
                        methods[method] = words | methods.get(method, {})
    return dict(compiled["devdoc"], methods=methods)


def rendered(compiled: dict[str, Any]) -> str:
    """An artifact as its committed text."""
    return json.dumps(compiled, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write_artifacts(cache: Path | None = None) -> list[Path]:
    """Compiles and writes `chain/artifacts/`; returns the files."""
    ARTIFACTS.mkdir(exist_ok=True)
    written = []
    for name in CREATED:
        file = ARTIFACTS / f"{name}.json"
        file.write_text(rendered(compile_contract(name, cache)))
        written.append(file)
    return written
