import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

import lxr.chaincode
from lxr.chaincode import bank_refusals, refusals
from lxr.chaincode.command import HANDLERS
from lxr.chaincode.refusals import REFUSALS
from lxr.chaincode.retired import RETIRED
from lxr.chaincode.things import Part, Thing
from lxr.chaincode.world import TABLES
from lxr.token.refusal import Refusal

ROOT = Path(__file__).parents[2]
NAMES = {refusal.__name__ for refusal in REFUSALS}
FOLDERS = ("token/lxr/token", "chaincode/lxr/chaincode", "node/lxr/node")


@cache
def sources() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))}


@cache
def words() -> frozenset[object]:
    """All that is written out in the code, but for the refusals themselves."""
    others = [tree for path, tree in sources().items() if not path.name.endswith("refusals.py")]
    return frozenset(node.value for tree in others for node in ast.walk(tree) if isinstance(node, ast.Constant))


def made(tree: ast.AST) -> set[str]:
    """The refusals that the code under a node makes by name: raised there, or returned to who raises them."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)} & NAMES


CLOSED: Final[dict[str, set[str]]] = {"what": set(Thing), "part": set(Part)}
"""The facts whose codes are a list of their own, wherever they are said."""


def said(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The facts that are written out where the code under a node makes refusals, by name."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id in NAMES:
            for keyword in call.keywords:
                for node in ast.walk(keyword.value):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield str(keyword.arg), node.value


def raised(tree: ast.AST) -> set[str]:
    """The refusals that the code under a node raises by name."""
    calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)} & NAMES


def modules() -> list[ModuleType]:
    return [
        importlib.import_module(f"lxr.chaincode.{info.name}") for info in pkgutil.iter_modules(lxr.chaincode.__path__)
    ]


def named(docstring: str | None) -> set[str]:
    """The class names that stand after 'Refuses:', up to the end of its sentence; what is in brackets says why."""
    found = re.search(r"Refuses: (.*?)(\.\s|\.$|\n\n|\Z)", re.sub(r"\([^)]*\)", "", docstring or ""), re.DOTALL)
    return set(re.findall(r"\b[A-Z][A-Za-z]+\b", found[1])) if found else set()


def test_every_refusal_is_in_the_list_and_the_list_is_in_order_of_code() -> None:
    assert NAMES == {cls.__name__ for cls in Refusal.__subclasses__()}
    assert list(range(1, len(REFUSALS) + 1)) == [refusal.code for refusal in REFUSALS]


def test_every_refusal_that_is_not_retired_is_raised_somewhere() -> None:
    retired = {refusal.__name__ for refusal in RETIRED}
    assert retired == NAMES - {name for tree in sources().values() for name in made(tree)}


def test_every_refusal_has_a_docstring_and_no_text() -> None:
    assert [] == [each.__name__ for each in REFUSALS if not inspect.getdoc(each)]
    fields = {name for each in REFUSALS for name in vars(each) if not name.startswith("__")}
    assert {"code", "retryable", "needs", "cases"} == fields


def test_no_fact_of_a_refusal_is_a_phrase() -> None:
    written = {pair for tree in sources().values() for pair in said(tree)}
    assert [] == sorted(pair for pair in written if re.search(r"[^a-z0-9_./-]", pair[1]))


def test_what_a_refusal_speaks_of_is_of_the_closed_list_and_so_is_every_table() -> None:
    bare = {pair for tree in sources().values() for pair in said(tree) if pair[0] in CLOSED}
    assert set() == bare  # by the name of the list alone
    assert set() == set(TABLES) - set(Thing)


@pytest.mark.parametrize("refusal", [refusal for refusal in REFUSALS if refusal.cases])
def test_every_case_of_a_refusal_is_given_somewhere(refusal: type[Refusal]) -> None:
    assert set() == set(refusal.cases) - words()


@pytest.mark.parametrize("facts", [{"order": "LX1"}, {"case": "none", "order": "LX1"}, {"case": "twice"}])
def test_a_refusal_with_cases_is_made_with_one_of_them_and_all_its_facts(facts: dict[str, str]) -> None:
    with pytest.raises(AssertionError):
        bank_refusals.PaymentOrderDiffers(**facts)
    refusal = bank_refusals.PaymentOrderDiffers(case="twice", order="LX1")
    assert "PaymentOrderDiffers(case=twice, order=LX1)" == str(refusal)


def test_a_refusal_without_all_its_facts_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="needs"):
        refusals.Unknown(what="worker")


def test_every_name_after_refuses_in_a_docstring_is_a_refusal() -> None:
    functions = [
        function
        for module in modules()
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
    ]
    assert {"SubmitSheet"} == {name for function in functions for name in named(function.__doc__)} - NAMES  # "as" it


def test_every_function_of_a_command_says_what_it_refuses() -> None:
    assert [] == [kind.__name__ for kind, handler in HANDLERS.items() if not named(handler.function.__doc__)]


def test_a_public_function_raises_no_refusal_that_its_docstring_does_not_name() -> None:
    for path, tree in sources().items():
        for function in tree.body:
            if isinstance(function, ast.FunctionDef) and not function.name.startswith("_"):
                assert set() == raised(function) - named(ast.get_docstring(function)), f"{path.name}: {function.name}"
