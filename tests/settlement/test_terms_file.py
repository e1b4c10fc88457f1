"""Terms as a clerk writes them: exact to the fen, and every mistake named by file and field."""

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from consortium import House, rehearsal
from lxr.chaincode.pay_rules import Bonus, FixedPerDay, Guarantee, PerUnit, Rule, Step, Tiers
from lxr.chaincode.paydays import Monthly, TwiceAMonth
from lxr.chaincode.terms import VersionState, terms_heads
from lxr.chaincode.workers import workers
from lxr.settlement.errors import InputFault
from lxr.settlement.terms import agreement as terms
from lxr.settlement.terms.terms_file import IN_YUAN, _File, read_terms

EXAMPLES = Path(__file__).parents[2] / "examples"
GOOD = """
number = "RIDERS"
pay_class = "riders"
contract_type = "platform_managed"
effective_from = 2026-08-01
service_fee_percent = "2"
answer_days = 2
minimum_wage_place = "510100-1"
text = "the agreement"
[most_per_day]
orders = 120
[payday]
kind = "monthly"
day = 15
[[rule]]
kind = "per_unit"
measure = "orders"
rate = "6.50"
"""
TIERS = '[[rule]]\nkind = "tiers"\nmeasure = "orders"\nscope = "day"\n'


def write(directory: Path, text: str) -> Path:
    path = directory / "terms.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_riders_example_says_what_it_shows() -> None:
    given = read_terms(EXAMPLES / "terms_riders.toml", "E001")
    document = given.document
    assert "TE001-RIDERS" == given.terms
    assert (
        PerUnit("orders", 650),
        Bonus("orders", "period", 300, 20_000),
        Bonus("metres", "period", 800_000, 5_000),
        Guarantee(2_500, "period"),
    ) == document.rules
    assert (Monthly(15), 200, "510100-1") == (document.payday, document.service_fee_bp, document.minimum_wage_place)
    assert {"orders": 120, "minutes": 960, "metres": 400_000} == document.most_per_day
    assert (date(2026, 8, 1), None) == (document.effective_from, document.effective_to)


def test_the_crowd_example_says_what_it_shows() -> None:
    document = read_terms(EXAMPLES / "terms_crowd.toml", "E007").document
    assert (PerUnit("tasks", 85), Guarantee(2_500, "day")) == document.rules
    assert ("E007", "crowd", 150) == (document.employer, document.pay_class, document.service_fee_bp)


def test_amounts_are_yuan_in_strings_or_whole_fen_and_both_mean_the_same(tmp_path: Path) -> None:
    yuan = TIERS + 'steps = [{above = 0, rate = "5"}, {above = 30, rate = "5.5"}]\n'
    fen = TIERS + "steps = [{above = 0, rate_fen = 500}, {above = 30, rate_fen = 550}]\n"
    fixed = '[[rule]]\nkind = "fixed_per_day"\namount = "23.00"\n'
    first = read_terms(write(tmp_path, GOOD + yuan + fixed), "E001").document
    second = read_terms(
        write(tmp_path, (GOOD + fen + fixed).replace('amount = "23.00"', "amount_fen = 2300")), "E001"
    ).document
    assert first == second
    assert (Tiers("orders", "day", (Step(0, 500), Step(30, 550))), FixedPerDay(2_300)) == first.rules[1:]


def test_the_agreement_is_hashed_from_the_text_or_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "agreement.pdf").write_bytes(b"%PDF\0")
    text = read_terms(write(tmp_path, GOOD), "E001").document.text_digest
    named = GOOD.replace('text = "the agreement"', 'text_file = "agreement.pdf"')
    file = read_terms(write(tmp_path, named), "E001").document.text_digest
    assert hashlib.sha256(b"the agreement").hexdigest() == text
    assert hashlib.sha256(b"%PDF\0").hexdigest() == file


def test_paydays_of_every_kind_carry_their_own_fields(tmp_path: Path) -> None:
    twice = GOOD.replace('kind = "monthly"\nday = 15', 'kind = "twice_a_month"\nfirst_day = 20\nsecond_day = 5')
    assert TwiceAMonth(20, 5) == read_terms(write(tmp_path, twice), "E001").document.payday


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        ("number = ", None, "is not TOML"),
        (GOOD.replace('number = "RIDERS"\n', ""), None, "missing required field `number`"),
        (GOOD.replace('"RIDERS"', '"riders"'), "number", "regex"),
        ("colour = 1\n" + GOOD, None, "unknown field `colour`"),
        (GOOD.replace("2026-08-01", '"soon"'), "effective_from", "Invalid RFC3339"),
        (
            GOOD.replace("effective_from", "effective_to = 2026-07-31\neffective_from"),
            "effective_to",
            "lies before effective_from",
        ),
        (GOOD.replace('"2"', "2"), "service_fee_percent", "is 2"),
        (GOOD.replace('"2"', '"1.505"'), "service_fee_percent", "is 1.505"),
        (GOOD.replace('"2"', '"20.01"'), "service_fee_bp", "<= 2000"),
        (GOOD.replace('"2"', '"-2"'), "service_fee_percent", "is '-2'"),
        (GOOD.replace("510100-1", "Chengdu"), "minimum_wage_place", "regex"),
        (GOOD.replace("day = 15", "day = 29"), "payday.day", "<= 28"),
        (GOOD.replace('kind = "monthly"', 'kind = "yearly"'), "payday.kind", "Invalid value 'yearly'"),
        (GOOD.replace('rate = "6.50"', "rate = 6.5"), "rule[0].rate", "is 6.5"),
        (GOOD.replace('"6.50"', '"6.505"'), "rule[0].rate", "is 6.505"),
        (GOOD.replace('"6.50"', '"1e3"'), "rule[0].rate", "is '1e3'"),
        (GOOD.replace('"6.50"', '"６"'), "rule[0].rate", "is '６'"),
        (GOOD.replace('"6.50"', '"0.00"'), "rule[0].rate_fen", ">= 1"),
        (GOOD.replace("[most_per_day]\norders = 120\n", ""), None, "missing required field `most_per_day`"),
        (GOOD.replace("orders = 120", ""), "most_per_day", "case=no_most, measure=orders"),
        (GOOD.replace("orders = 120", "orders = 0"), "most_per_day[...]", ">= 1"),
        (GOOD.replace("orders = 120", "orders = 120\nkm = 9"), "most_per_day", "case=idle_most, measure=km"),
        (
            GOOD.replace("orders = 120", "orders = 120\nminutes = 1441"),
            "most_per_day",
            "case=most_minutes, given=1441, limit=1440, measure=minutes",
        ),
        (GOOD.replace('rate = "6.50"', 'rate = "6.50"\nrate_fen = 650'), "rule[0].rate", "stands beside rate_fen"),
        (GOOD.replace('rate = "6.50"', ""), "rule[0]", "missing required field `rate_fen`"),
        (GOOD.replace('"per_unit"', '"per_order"'), "rule[0].kind", "Invalid value 'per_order'"),
        (GOOD.replace('kind = "per_unit"', ""), "rule[0]", "missing required field `kind`"),
        (GOOD.replace('kind = "monthly"', ""), "payday", "missing required field `kind`"),
        (GOOD.replace('measure = "orders"', 'measure = "Orders"'), "rule[0].measure", "regex"),
        (GOOD + TIERS + 'steps = [{above = 0, rate = "5.555"}]', "rule[1].steps[0].rate", "is 5.555"),
        (GOOD + TIERS + 'steps = [{above = 1, rate = "5"}]', "rule", "case=first_step"),
        (GOOD + GOOD[GOOD.index("[[rule]]") :], "rule", "case=rule_twice, rule=per_unit:orders"),
        (GOOD.split("[[rule]]")[0], None, "missing required field `rule`"),
        ("rule = []\n" + GOOD.split("[[rule]]")[0], "rule", "case=no_rules"),
        ("rule = 3\n" + GOOD.split("[[rule]]")[0], "rule", "got `int`"),
        (GOOD.replace('text = "the agreement"', ""), "text", "is missing"),
        (GOOD.replace("text =", 'text_file = "x"\ntext ='), "text", "stands beside text_file"),
        (GOOD.replace("text =", "text_file ="), "text_file", "cannot be read: No such file"),
    ],
)
def test_a_mistake_names_file_and_field(text: str, field: str | None, problem: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputFault) as fault:
        read_terms(path, "E001")
    assert (str(path), field) == (fault.value.file, fault.value.field)
    assert problem in str(fault.value.problem)
    assert "\n" not in str(fault.value)


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match=r"none\.toml: cannot be read: No such file"):
        read_terms(tmp_path / "none.toml", "E001")
    (tmp_path / "terms.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputFault, match=r"terms\.toml: is not UTF-8"):
        read_terms(tmp_path / "terms.toml", "E001")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def test_terms_from_a_file_go_all_the_way_and_each_step_again_changes_nothing(house: House) -> None:
    team = house.employ(workers=3, joined=False)
    given = read_terms(EXAMPLES / "terms_crowd.toml", "E001")
    for _ in range(2):
        assert 1 == terms.propose(house.signer(), "E001", given.terms, given.document).version
    for _ in range(2):
        assert "accepted" == terms.accept(house.operator, given.terms, 1).state
    for _ in range(2):
        assert "active" == terms.activate(house.operator, given.terms, 1).state
    half = {team.workers["R0001"]: team.keys[team.workers["R0001"]]}
    assert 1 == terms.join(house.operator, given.terms, 1, half)
    assert 2 == terms.join(house.operator, given.terms, 1, team.keys)
    assert 0 == terms.join(house.operator, given.terms, 1, team.keys)
    for worker in team.keys:
        (membership,) = house.operator.need(workers, worker).memberships
        assert (given.terms, 1, date(2026, 8, 1)) == (membership.terms, membership.version, membership.from_day)
    for _ in range(2):
        assert "ended" == terms.end(house.signer(), "E001", given.terms, date(2026, 12, 31), "closed").state


def test_an_amendment_is_the_next_version_and_binds_those_who_signed_before_from_tomorrow(
    house: House, tmp_path: Path
) -> None:
    team = house.employ(workers=2)
    given = read_terms(write(tmp_path, GOOD.replace("6.50", "7.00")), "E001")
    house.clock.go(date(2026, 9, 10))
    assert 2 == terms.propose(house.signer(), "E001", team.terms, given.document).version
    terms.accept(house.operator, team.terms, 2)
    terms.activate(house.operator, team.terms, 2)
    assert 2 == terms.join(house.operator, team.terms, 2, team.keys)
    worker = house.operator.need(workers, team.workers["R0001"])
    assert [(1, date(2026, 8, 1)), (2, date(2026, 9, 11))] == [(m.version, m.from_day) for m in worker.memberships]
    states = [version.state for version in house.operator.need(terms_heads, team.terms).versions]
    assert [VersionState.AMENDED, VersionState.ACTIVE] == states


DOC = (EXAMPLES.parent / "docs" / "terms.md").read_text("utf-8")


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", DOC, re.DOTALL))
def test_the_examples_of_the_page_on_terms_are_terms(tmp_path: Path, text: str) -> None:
    assert read_terms(write(tmp_path, text), "E001").document.rules


def test_the_page_on_terms_names_every_kind_of_rule_and_every_key_of_it() -> None:
    in_yuan = {wanted: given for given, wanted in IN_YUAN.items()} | {"share_bp": "share_percent"}
    table = {line.split("|")[1].strip(" `"): line for line in DOC.splitlines() if line.startswith("| `")}
    rules = get_args(Rule)
    assert {rule.__struct_config__.tag for rule in rules} <= table.keys()
    missing = {
        (rule.__struct_config__.tag, name)
        for rule in rules
        for name in rule.__struct_fields__
        if f"`{in_yuan.get(name, name)}`" not in table[rule.__struct_config__.tag]
    }
    assert set() == missing
    keys = {"text_file" if name == "text" else name for name in _File.__struct_fields__}
    named = set(re.findall(r"`\[*([a-z_]+)\]*`", DOC)) | {"service_fee_bp"}
    assert set() == keys - named
