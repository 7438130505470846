"""The committed artifacts are what the sources say; the words are complete; nothing personal has a place on chain."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from chain.artifacts import ARTIFACTS, BUSINESS_CONTRACTS, CREATED, artifact, signature
from chain.compile import SOURCES, compile_contract, input_hash, rendered, standard_input
from chain.refusals import ActRefused, facts
from chain.typed_data import act_types
from chain.vocabulary import ENUMERATIONS, ROLES, enumeration

OURS = ("Directory", *BUSINESS_CONTRACTS)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def declared_errors() -> set[str]:
    """Names of the custom errors declared in our interfaces."""
    texts = [file.read_text() for file in sorted((SOURCES / "interfaces").glob("*.sol"))]
    return {name for text in texts for name in re.findall(r"^    error (\w+)\(", text, re.MULTILINE)}


def words(name: str, kind: str) -> list[tuple[str, set[str], str, str]]:
    """Of every error or function: its signature, its arguments, its English and its Chinese words."""
    contract = artifact(name)
    found = []
    for entry in contract.entries(kind):
        section = {"error": "errors", "function": "methods"}[kind]
        key = signature(entry)
        said: Any = contract.userdoc.get(section, {}).get(key, {})
        dev: Any = contract.devdoc.get(section, {}).get(key, {})
        if kind == "error":
            said, dev = (said or [{}])[0], (dev or [{}])[0]
        arguments = {item["name"] for item in entry["inputs"]}
        found.append((entry["name"], arguments, said.get("notice", ""), dev.get("custom:zh", "")))
    return found


class TestArtifacts:
    def test_are_of_the_present_sources(self) -> None:
        """Seconds before the compiler says the same, and without one."""
        for name in CREATED:
            assert artifact(name).input_hash == input_hash(standard_input(name)), f"{name}: run `chaqi compile`"
        assert {file.stem for file in ARTIFACTS.glob("*.json")} == set(CREATED)

    @pytest.mark.parametrize("name", CREATED)
    def test_reproduce_byte_for_byte(self, name: str, request: pytest.FixtureRequest) -> None:
        """Compiles once for each state of the sources (seconds with npm's compiler); compares every time."""
        compiled = compile_contract(name, cache=request.config.cache.mkdir("chaqi-compiled"))
        assert (ARTIFACTS / f"{name}.json").read_text() == rendered(compiled), f"{name}: run `chaqi compile`"


class TestNames:
    def test_of_errors_are_declared_once(self) -> None:
        """Two of one name would speak each other's words: their selectors can be the same."""
        texts = [file.read_text() for file in sorted((SOURCES / "interfaces").glob("*.sol"))]
        names = [name for text in texts for name in re.findall(r"^    error (\w+)\(", text, re.MULTILINE)]
        assert [name for name in set(names) if names.count(name) > 1] == []


class TestWords:
    @pytest.mark.parametrize("name", OURS)
    def test_of_every_error_are_there_in_both_languages(self, name: str) -> None:
        own = declared_errors()
        for error, arguments, english, chinese in words(name, "error"):
            if error not in own:
                continue
            assert english and CHINESE.search(chinese), error
            for text in (english, chinese):
                used = set(re.findall(r"\{(\w*)\}", text))
                assert used <= arguments, f"{error} speaks of {used - arguments}"
                assert re.sub(r"\{\w+\}", "", text).count("{") == 0
            # An argument left out of the words would be a value nobody is told.
            assert arguments <= set(re.findall(r"\{(\w+)\}", english)), error

    def test_of_every_act_are_there_in_both_languages(self) -> None:
        for key, kind in act_types().items():
            assert kind.en and CHINESE.search(kind.zh), key

    def test_reach_the_reader(self) -> None:
        samples = {"string": "x", "address": "0x" + "00" * 20, "bytes32": "0x00", "bytes4": "0x00"}
        own = declared_errors()
        for fact in facts().values():
            if fact.name in own:
                refused = ActRefused(fact, {name: samples.get(kind, 1) for name, kind in fact.abi})
                assert "{" not in refused.words("en") + refused.words("zh")
                assert refused.words("en") != refused.words("zh")

    def test_of_a_refusal_name_enumerations_in_the_readers_language(self) -> None:
        fact = next(fact for fact in facts().values() if fact.name == "LifeNotReady")
        refused = ActRefused(fact, {"tree": 1, "life": 3, "needed": 1})
        assert "DEAD" in refused.words("en") and "确认死亡" in refused.words("zh")


class TestRefusals:
    def test_each_is_provoked_by_a_test_here(self) -> None:
        """A refusal that nobody can provoke is dead code. `refuses*("Name", ...)` proves exactly that error."""
        provoked: set[str] = set()
        for file in Path(__file__).parent.glob("test_*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr.startswith("refuses")
                    and isinstance(node.args[0], ast.Constant)
                ):
                    provoked.add(str(node.args[0].value))
        assert len(declared_errors()) > 40
        assert declared_errors() - provoked == set()


class TestVocabulary:
    def test_agrees_with_the_enumerations(self) -> None:
        found: dict[str, list[str]] = {}
        for file in sorted(SOURCES.rglob("*.sol")):
            text = re.sub(r"//[^\n]*", "", file.read_text())
            for name, body in re.findall(r"\benum (\w+) \{([^}]*)\}", text):
                found[name] = [member.strip() for member in body.split(",")]
        assert found == {name: list(members) for name, members in ENUMERATIONS.items()}

    def test_agrees_with_the_roles(self) -> None:
        text = (SOURCES / "Roles.sol").read_text()
        bits = re.findall(r"constant (\w+) = 1 << (\d+);", text)
        assert bits == [(name, str(place)) for place, name in enumerate(ROLES)]
        assert f"ALL = (1 << {len(ROLES)}) - 1;" in text

    def test_knows_every_enumeration_of_the_abi(self) -> None:
        for name in OURS:
            for entry in artifact(name).abi:
                for item in [*entry.get("inputs", []), *entry.get("outputs", [])]:
                    for part in item.get("components", [item]):
                        if part.get("internalType", "").startswith("enum "):
                            assert enumeration(part["internalType"])


class TestPrivacy:
    PUBLIC = frozenset({"tag", "village", "cultivar", "geoCell", "reason", "product", "town"})

    def test_no_text_has_a_place_for_a_person(self) -> None:
        """Acts, events and views carry text only where `domain.md` §9 has nothing against it."""
        for name in BUSINESS_CONTRACTS:
            for entry in artifact(name).abi:
                if entry["type"] not in ("event", "function"):
                    continue
                if entry.get("stateMutability") in ("view", "pure") and "components" not in str(entry["outputs"]):
                    continue  # the standards' name(), symbol(), tokenURI() and calls that revert
                for item in [*entry["inputs"], *entry.get("outputs", [])]:
                    for part in item.get("components", [item]):
                        if part["type"] == "string":
                            assert part["name"] in self.PUBLIC, (entry["name"], part["name"])
                        if part["type"].startswith("bytes") and part["type"] not in ("bytes32", "bytes32[]"):
                            assert part["name"] == "signature", (entry["name"], part["name"])

    def test_no_text_is_stored(self) -> None:
        for file in SOURCES.glob("*.sol"):
            for line in file.read_text().splitlines():
                declared = re.match(r"    (?:mapping\(.*|string|bytes)\s.*;", line)
                assert not (declared and re.search(r"\b(string|bytes)\b(?! memory)", line)), line
        fields = (SOURCES / "interfaces" / "ITrees.sol").read_text()
        stored = re.search(r"struct Tree \{(.*?)\n\}", fields, re.DOTALL)
        assert stored and "string" not in stored[1]

    def test_no_text_is_indexed(self) -> None:
        """An indexed string is a hash that nobody can read back."""
        for name in OURS:
            for entry in artifact(name).entries("event"):
                for item in entry["inputs"]:
                    assert not (item["indexed"] and item["type"] in ("string", "bytes"))
