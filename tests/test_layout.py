"""What holds of the tree itself. `make check` runs this with the linters."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import grimp

import lxr.chaincode.contract  # noqa: F401  (it registers the commands)
from lxr.chaincode.command import HANDLERS
from lxr.chaincode.refusals import REFUSALS
from lxr.settlement.messages import key_of
from lxr.settlement.messages.catalogue import LANGUAGES, template
from lxr.settlement.terms.terms_file import read_terms
from lxr.settlement.work.intake.mapping import load_mapping

ROOT: Final = Path(__file__).parents[1]
FOLDERS: Final = ("token", "chaincode", "node", "network", "settlement", "cli")
LINES_MAX: Final = 500


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


CONTRACT: Final = [*sources("token", "chaincode/lxr/chaincode")]
"""What says of an envelope whether it is accepted, and what it writes, on every node and in every audit."""
PACKAGED: Final = [*sources(*FOLDERS)]
TESTS: Final = [*sources("tests")]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_top_level_folder_is_itself_a_package_that_could_shadow_the_standard_library() -> None:
    assert [] == [name(path) for path in ROOT.glob("*/__init__.py")]
    assert {"token"} == set(FOLDERS) & sys.stdlib_module_names  # why: `token/__init__.py` would break every run


def test_each_folder_holds_exactly_the_package_named_after_it() -> None:
    inside = {folder: {path.name for path in (ROOT / folder).iterdir()} - {"__pycache__"} for folder in FOLDERS}
    assert [] == [folder for folder in FOLDERS if {"lxr"} != {each for each in inside[folder] if each[-4:] != ".sol"}]
    needed = [ROOT / folder / "lxr" / folder / each for folder in FOLDERS for each in ("__init__.py", "py.typed")]
    assert [] == [name(path) for path in needed if not path.is_file()]


def test_the_project_names_the_same_six_packages_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = [f"{folder}/lxr/{folder}" for folder in FOLDERS]
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [
        f"{folder}/lxr" for folder in FOLDERS
    ] == shipped  # so it is lxr.token that is installed, and lxr.released too
    assert list(FOLDERS) == project["tool"]["hatch"]["build"]["dev-mode-dirs"]
    assert [f"lxr.{folder}" for folder in FOLDERS] == project["tool"]["importlinter"]["root_packages"]
    assert set(packages) <= set(project["tool"]["mypy"]["files"])


def test_tests_mirror_the_packages_and_are_no_package() -> None:
    whole_networks, of_releases = "fabric", "recorded"
    what_tests_share = "support"
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - {"__pycache__"}
    assert {*FOLDERS, whole_networks, what_tests_share} == folders - {of_releases}
    helpers = [path for path in TESTS if not path.name.startswith("test_") and path.name != "conftest.py"]
    assert [] == [name(path) for path in helpers if path.relative_to(ROOT).parts[1] != what_tests_share]
    assert [] == [
        name(path) for path in TESTS if path not in helpers and path.relative_to(ROOT).parts[1] == what_tests_share
    ]
    assert [] == [name(path) for path in TESTS if path.name == "__init__.py"]


def test_no_two_test_files_have_the_same_name() -> None:
    names = [path.name for path in TESTS if path.name != "conftest.py"]
    assert [] == sorted({each for each in names if names.count(each) > 1})


def test_every_module_that_holds_anything_says_what_it_is() -> None:
    texts = {name(path): path.read_text() for path in PACKAGED}
    assert [] == [path for path, text in texts.items() if text and not ast.get_docstring(ast.parse(text))]


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lines = {name(path): len(path.read_text().splitlines()) for path in PACKAGED}
    assert {} == {path: count for path, count in lines.items() if count > LINES_MAX}


def test_no_modules_import_one_another_in_a_circle_at_any_time() -> None:
    graph = grimp.build_graph(*(f"lxr.{folder}" for folder in FOLDERS))
    rest = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    while ready := [module for module, imported in rest.items() if not imported & rest.keys()]:
        for module in ready:
            del rest[module]
    assert [] == sorted(rest)


UNICODE: Final = frozenset(
    [
        "lower",
        "upper",
        "title",
        "capitalize",
        "casefold",
        "swapcase",
        "isalpha",
        "isdigit",
        "isdecimal",
        "isnumeric",
        "isalnum",
        "isprintable",
        "isspace",
        "islower",
        "isupper",
        "istitle",
        "isidentifier",
        "normalize",
    ]
)
"""Methods whose answer for a letter depends on the release of Unicode that an interpreter knows."""
OUR_FAULTS: Final = ("Unreadable", "Refusal", "Unnamed")
"""Those whose text is made of our own words only."""


def faults_of_determinism(tree: ast.AST) -> Iterator[str]:
    """What could give other bytes on another machine, as far as the text shows it."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float() | complex()):
                yield f"line {node.lineno}: a number that is not whole"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield f"line {node.lineno}: a division that is not whole"
            case ast.Call(func=ast.Name(id="float" | "hash" | "id" | "open" | "input" as called)):
                yield f"line {node.lineno}: {called}()"
            case ast.Call(func=ast.Attribute(attr="now" | "today" | "utcnow" as called)):
                yield f"line {node.lineno}: .{called}()"
            case ast.Call(func=ast.Attribute(attr=called)) if called in UNICODE:
                yield f"line {node.lineno}: .{called}() goes by the interpreter's Unicode"
            case ast.Call(func=ast.Attribute(attr="strip" | "lstrip" | "rstrip" | "split" as called), args=[]):
                yield f"line {node.lineno}: .{called}() of whatever counts as a space"
            case ast.Call(func=ast.Attribute(attr="strftime" as called)) | ast.Name(id="RecursionError" as called):
                yield f"line {node.lineno}: {called} differs between platforms"
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr="compile" | "fullmatch" | "match" | "search")
            ):
                if not any(isinstance(each, ast.Attribute) and each.attr == "ASCII" for each in ast.walk(node)):
                    yield f"line {node.lineno}: a pattern without re.ASCII"
            case ast.ImportFrom(module="cryptography", names=[ast.alias(name="x509"), *_]):
                yield f"line {node.lineno}: certificates as a library reads them"
            case ast.ExceptHandler(name=str(fault)):
                yield from _quoted(node, fault)
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated) | ast.Starred(value=iterated):
                if _is_set(iterated):
                    yield f"line {iterated.lineno}: the order of a set"
            case _:
                pass


def _quoted(handler: ast.ExceptHandler, fault: str) -> Iterator[str]:
    """What is raised must say it in our own words: a library's are those of one release."""
    for node in ast.walk(handler):
        match node:
            case (
                ast.FormattedValue(value=ast.Name(id=name))
                | ast.Call(func=ast.Name(id="str" | "repr" | "ascii"), args=[ast.Name(id=name)])
            ) if name == fault and not _ours(handler.type):
                yield f"line {node.lineno}: the words of a library"
            case _:
                pass


def _ours(caught: ast.expr | None) -> bool:
    return isinstance(caught, ast.Name) and caught.id in OUR_FAULTS


def _is_set(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Subscript):  # set[str]()
        called = called.value
    return isinstance(node, ast.Set | ast.SetComp) or (
        isinstance(called, ast.Name) and called.id in ("set", "frozenset")
    )


def test_the_contract_gives_the_same_bytes_on_every_machine() -> None:
    trees = {name(path): ast.parse(path.read_text()) for path in CONTRACT}
    assert [] == [f"{path} {fault}" for path, tree in trees.items() for fault in faults_of_determinism(tree)]


FORBIDDEN: Final = (
    "x = 0.5",
    "x = 1e3",
    "x = a / b",
    "x /= 2",
    "x = float(a)",
    "x = hash(a)",
    "x = datetime.now()",
    "x = date.today()",
    "from cryptography import x509",
    "x = a.isprintable()",
    "x = a.casefold()",
    "x = a.strip()",
    "x = a.split()",
    "x = day.strftime('%Y')",
    "try: a()\nexcept (ValueError, RecursionError): pass",
    "x = re.compile(r'\\d')",
    "x = re.fullmatch('a', b)",
    "try: a()\nexcept ValueError as b: raise C(str(b))",
    "try: a()\nexcept ValueError as b: raise C(f'no: {b}')",
    "for x in {1, 2}: pass",
    "for x in set(a): pass",
    "x = [y for y in frozenset(a)]",
    "x = [y for y in set[str]()]",
    "x = (*{y for y in a},)",
)
ALLOWED: Final = (
    "x = a // b",
    "x = a.split(b)",
    "x = re.search(a, b, re.ASCII)",
    "try: a()\nexcept Unreadable as b: raise C(str(b))",
    "x = divmod(a, b)",
    "for x in sorted({1, 2}): pass",
    "x = 3 in {1, 3}",
)


def test_the_rule_of_determinism_finds_what_it_is_for_and_leaves_whole_numbers_and_sorted_sets_alone() -> None:
    found = {text: len(list(faults_of_determinism(ast.parse(text)))) for text in (*FORBIDDEN, *ALLOWED)}
    assert {**dict.fromkeys(FORBIDDEN, 1), **dict.fromkeys(ALLOWED, 0)} == found


def test_every_example_can_be_read() -> None:
    for path in sorted((ROOT / "examples").rglob("*.toml")):  # what cannot be read names itself
        _ = read_terms(path, "E001") if path.name.startswith("terms_") else load_mapping(path)


PAGE: Final = ROOT / "docs" / "refusals.md"


def test_every_refusal_has_its_place_on_the_page_in_order_of_code() -> None:
    headings = re.findall(r"^## (.+)$", PAGE.read_text(), re.MULTILINE)
    assert [f"{refusal.code} {refusal.__name__}" for refusal in REFUSALS] == headings


def test_the_page_says_of_each_refusal_what_the_contract_and_the_catalogues_say() -> None:
    page = PAGE.read_text()
    missing = []
    for refusal in REFUSALS:
        section = page.split(f"## {refusal.code} {refusal.__name__}\n")[1].split("\n## ")[0]
        keys = [key_of(refusal, case) for case in refusal.fact_names()]
        texts = [f"> {template(key, language)}" for key in keys for language in LANGUAGES]
        retry = f"Retry unchanged: {'yes' if refusal.retryable else 'no'}."
        lines = [" ".join((refusal.__doc__ or "").split()), *texts, retry]
        missing += [(refusal.code, line) for line in lines if line not in section]
        missing += [(refusal.code, "What to do")] * (not re.search(r"^What to do: \S.{10,}", section, re.MULTILINE))
    assert [] == missing


def test_every_attack_in_the_docs_names_a_test_that_is_there() -> None:
    table = (ROOT / "docs" / "trust.md").read_text().partition("## Attacks")[2]
    rows = [row.split("|") for row in table.splitlines() if row.startswith("| ")][1:]
    named = [row[4].strip().strip("`") for row in rows if len(row) > 4 and not row[4].strip().startswith("---")]
    there = {
        match
        for path in (ROOT / "tests").rglob("test_*.py")
        for match in re.findall(r"^def (test_\w+)", path.read_text(), re.M)
    }
    assert len(named) > 30
    assert [] == [name for name in named if name not in there]


def sent_as_it_is(tree: ast.AST) -> Iterator[int]:
    """Lines on which a client submits commands under the ids that they have."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Attribute(attr="submit"), [argument], []) if not isinstance(argument, ast.List):
                yield node.lineno
            case ast.Call(ast.Attribute(attr="submit_many" | "submit_apart"), [ast.Call(ast.Name("own"))]):
                pass
            case ast.Call(ast.Attribute(attr="submit_many" | "submit_apart")):
                yield node.lineno


def test_no_office_submits_under_an_id_that_stays_voided_for_good() -> None:
    """But `submit_own`, in lookups, which looks for another one."""
    found = {name(path): list(sent_as_it_is(ast.parse(path.read_text()))) for path in sources("settlement", "cli")}
    assert ["settlement/lxr/settlement/lookups.py"] == [path for path, lines in found.items() for _ in lines]


READ_BY_CLI: Final = {
    "clock": {"Clock", "clocks"},
    "employers": {"employers"},
    "founding": {"ConsortiumName", "EMBEDDED", "geneses"},
    "governance": {"ProposalNo"},
    "period": {"Figures", "Month", "MonthContent", "months"},
    "persons": {"PersonState"},
    "restoration": {"restorations"},
    "revocation": {"Serial"},
    "terms": {"TermsAnswer", "TermsDocument", "Version", "documents", "terms_heads"},
    "upgrade": {"Organisation", "contracts"},
}
"""The tables and plain types that the command line reads, of modules that have commands."""


def test_the_command_line_gives_no_commands_and_of_their_modules_reads_plain_types_alone() -> None:
    """What a party can do is a function of settlement: pages and clocks need it too. See [tool.importlinter]."""
    giving = {kind.__module__.rpartition(".")[2] for kind in HANDLERS}
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (forbidden,) = (rule["forbidden_modules"] for rule in rules if rule.get("source_modules") == ["lxr.cli"])
    assert giving - READ_BY_CLI.keys() <= {module.rpartition(".")[2] for module in forbidden}
    read: dict[str, set[str]] = {}
    for path in sources("cli"):
        for node in ast.walk(ast.parse(path.read_text())):
            package, _, module = (
                (node.module or "").rpartition(".") if isinstance(node, ast.ImportFrom) else ("", "", "")
            )
            if isinstance(node, ast.ImportFrom) and package == "lxr.chaincode" and module in giving:
                read.setdefault(module, set()).update(each.name for each in node.names)
    assert read == READ_BY_CLI
