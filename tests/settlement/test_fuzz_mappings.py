"""Mappings, terms and rosters by the thousand that are none: one line says why."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandline import EXAMPLES
from corpora import Entry, corpus
from lxr.chaincode.types import canonical
from lxr.settlement.errors import InputFault
from lxr.settlement.people.roster import read_roster
from lxr.settlement.terms.terms_file import read_terms
from lxr.settlement.work.intake.mapping import load_mapping
from mutations import fuzz, mangled_bytes, mangled_toml, one_line

CORPUS = corpus(Path(__file__).parent / "corpus_mappings.json")
ACCOUNT = re.compile("62000000")
ROSTER = (EXAMPLES / "walkthrough" / "roster.csv").read_bytes()


TERMS_BESIDE = b'text_file = "agreement.pdf"\n' + re.sub(
    rb'text = """.*?"""', b"", (EXAMPLES / "terms_riders.toml").read_bytes(), flags=re.DOTALL
)


def example(name: str) -> st.SearchStrategy[bytes]:
    """Spoiled by what it says, and by its bytes."""
    good = (EXAMPLES / name).read_bytes()
    return mangled_toml(tomllib.loads(good.decode())) | mangled_bytes(good)


@fuzz(600)
@given(data=example("riders.toml") | example("exports/delivery.toml") | example("exports/dingtalk.toml"))
def test_a_spoiled_mapping_is_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed-mapping.toml"
    file.write_bytes(data)
    with one_line(InputFault):
        assert load_mapping(file).used_columns


@fuzz(600)
@given(data=example("terms_riders.toml") | mangled_toml(tomllib.loads(TERMS_BESIDE.decode())))
def test_spoiled_terms_are_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed-terms.toml"
    file.write_bytes(data)
    with one_line(InputFault):
        assert canonical(read_terms(file, "E001").document)


@fuzz(600)
@given(data=mangled_bytes(ROSTER))
def test_a_spoiled_roster_is_refused_in_one_line_that_shows_no_account(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed-roster.csv"
    file.write_bytes(data)
    with one_line(InputFault) as said:
        read_roster(file)
    assert [] == [line for line in said if ACCOUNT.search(line)]


@pytest.mark.parametrize(
    "text",
    [
        "R0001,王小伟,6200000000123456782,102100099996,中国工商银行\n" * 2,
        "worker_ref,name,bank_account,bank_name,bank_code\nR1,王小伟,6200000000123456782,x,6200000000123456782\n",
        "worker_ref,name,bank_account,bank_code,bank_name\nR1,x,6200000000123456782,102100099996,\x1b王小伟\n",
    ],
)
def test_a_person_in_the_wrong_place_is_not_shown(text: str, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(text, "utf-8")
    with one_line(InputFault) as said:
        read_roster(file)
    assert [(False, False)] == [("王" in line, ACCOUNT.search(line) is not None) for line in said]


def read_terms_of_e001(path: Path) -> object:
    return read_terms(path, "E001")


@pytest.mark.parametrize(
    ("read", "given_"),
    [(read, each) for read in (read_terms_of_e001, load_mapping) for each in CORPUS],
    ids=lambda each: each.why if isinstance(each, Entry) else each.__name__,
)
def test_what_is_known_to_be_dangerous_is_refused_in_one_line(
    given_: Entry, read: Callable[[Path], object], tmp_path: Path
) -> None:
    file = tmp_path / "file.toml"
    file.write_bytes(given_.data)
    with one_line(InputFault) as said:
        read(file)
    assert [True] == [given_.said in line for line in said]
