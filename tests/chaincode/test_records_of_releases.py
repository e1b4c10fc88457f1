"""The newest contract reads every record that a released one may have written, and says every refusal that it said."""

import ast
import inspect
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import releases
from lxr.chaincode import interface
from lxr.chaincode.refusals import BY_CODE
from lxr.chaincode.world import TABLES
from lxr.node import contracts
from lxr.node.contracts import Contract
from lxr.released import RELEASES
from lxr.token.refusal import Refusal
from schemas import refused_by

NEEDED: Final = "it is needed, and was not always written"


def tables_of(version: str, folder: Path) -> dict[str, Any]:
    contracts.load(version, folder / version)
    tables: dict[str, Any] = sys.modules[f"lxr_{version}.chaincode.world"].__dict__["TABLES"]
    return tables


def unread(tables: dict[str, Any]) -> list[str]:
    """What of those tables the newest contract does not read."""
    gone = [f"{name}: there is no such table" for name in tables.keys() - TABLES.keys()]
    changed = [
        f"{name} {fault}"
        for name in tables.keys() & TABLES.keys()
        for fault in refused_by(TABLES[name].record, tables[name].record)
    ]
    cut = [
        f"{name}: is cut otherwise"
        for name in tables.keys() & TABLES.keys()
        if cuts_of(TABLES[name]._splitting) != cuts_of(tables[name]._splitting)
    ]
    return sorted(gone + changed + cut)


def cuts_of(splitting: Any) -> Any:
    """How a record is cut, by the names of what cuts it: a voucher of old parts is joined by the newest contract."""
    inner = vars(splitting).values() if hasattr(splitting, "__dict__") else ()
    fields = {name: cuts_of(cut) for each in inner if isinstance(each, dict) for name, cut in each.items()}
    return type(splitting).__name__, fields


@pytest.mark.parametrize("release", RELEASES)
def test_the_newest_contract_reads_every_record_of_every_release(release: str) -> None:
    assert [] == unread(tables_of(RELEASES[release], contracts.RELEASED))


@pytest.mark.parametrize("release", RELEASES)
def test_the_newest_contract_has_every_refusal_of_every_release_and_each_case_with_its_facts(release: str) -> None:
    there = contracts.load(RELEASES[release], contracts.RELEASED / RELEASES[release])
    for old in there.Refusal.__subclasses__():
        new: type[Refusal] = BY_CODE[old.code]
        assert old.__name__ == new.__name__
        assert facts_of(old).items() <= facts_of(new).items()


@pytest.mark.parametrize("release", RELEASES)
def test_what_nodes_ask_of_a_contract_only_grows(release: str) -> None:
    old = contracts.load(RELEASES[release], contracts.RELEASED / RELEASES[release])
    assert asked(old).items() <= asked(interface).items()


def asked(module: Any) -> dict[str, list[str]]:
    """The functions of an interface, and the names of what each is given."""
    asked_for = {name: getattr(module, name) for name in module.__all__}
    functions = {name: each for name, each in asked_for.items() if not inspect.isclass(each)}
    return {name: list(inspect.signature(each).parameters) for name, each in functions.items()}


def test_nodes_ask_a_contract_all_of_these_functions_and_no_other() -> None:
    calls = [each for each in ast.walk(ast.parse(inspect.getsource(Contract))) if isinstance(each, ast.Call)]
    asks = [each.args[0] for each in calls if isinstance(each.func, ast.Attribute) and each.func.attr == "_ask"]
    assert {each.value for each in asks if isinstance(each, ast.Constant)} == asked(interface).keys()


def facts_of(refusal: Any) -> dict[str, set[str]]:
    return {case: set(names) for case, names in refusal.fact_names().items()}


@pytest.mark.parametrize(
    ("file", "there", "before", "expected"),
    [
        (
            *("revocation.py", "    at_ms: int\n", "    when_ms: int\n"),
            [f"revocation $.at_ms: {NEEDED}", "revocation $.when_ms: it is lost"],
        ),
        ("revocation.py", "    reason: str\n", "    reason: int\n", ["revocation $.reason: integer is not read"]),
        ("revocation.py", "    at_ms: int\n", "", [f"revocation $.at_ms: {NEEDED}"]),
        ("revocation.py", 'Table("revocation"', 'Table("revoked"', ["revoked: there is no such table"]),
        (
            *("statuses.py", 'SUSPENDED = "suspended"', 'SUSPENDED = "paused"'),
            [
                "closing_register $.workers.*.statuses[][0]: 'paused' is not read",
                *(f"{name} $.statuses[][0]: 'paused' is not read" for name in ("employer", "worker")),
            ],
        ),
        (
            *(
                "restoration.py",
                "signed: tuple[str, ...]\n\n\nrestorations",
                "signed: tuple[str, ...] = ()\n\n\nrestorations",
            ),
            [f"restoration $.signed: {NEEDED}"],
        ),
        ("books.py", "splitting=ByField(fen=Keyed())", "splitting=None", ["wages: is cut otherwise"]),
        ("runs.py", "splitting=ByField(lines=Keyed())", "splitting=ByField()", ["lines: is cut otherwise"]),
        ("upgrade.py", "    have: tuple[str, ...] = ()\n\n\ncontracts", "\n\ncontracts", []),  # a field that is new
    ],
)
def test_a_changed_record_that_no_longer_reads_the_old_one_is_found(
    tmp_path: Path, file: str, there: str, before: str, expected: list[str]
) -> None:
    """there: what stands in the newest contract's file. before: what stood there in an earlier one."""
    earlier = releases.made(tmp_path, {f"chaincode/{file}": (there, before)})
    assert expected == unread(tables_of(earlier, tmp_path))


def test_the_contract_reads_its_own_records() -> None:
    assert [] == unread(dict(TABLES))
