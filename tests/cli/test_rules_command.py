"""lxr rules and lxr tax, as union, regulator and whoever asks use them."""

from pathlib import Path

import pytest

from commandline import Lxr
from lxr.cli.commands import rules

QUOTE = ("tax", "quote", "--income-class", "service", "--method", "cumulative", "--from", "2026-01")


@pytest.fixture
def lxr(tmp_path: Path) -> Lxr:
    lxr = Lxr(tmp_path / "rehearsal", "2026-08-03T08:00")
    assert 0 == lxr("init", lxr.directory, "--rehearsal").code
    return lxr


def test_tax_is_quoted_without_a_ledger(tmp_path: Path) -> None:
    lxr = Lxr(tmp_path)
    assert [33_000, 33_000, 33_000, 89_000, 110_000, 110_000] == lxr.json(*QUOTE, "--income", "20000", "--months", "6")
    assert [9000, 0, 9000] == lxr.json(
        *QUOTE, *("--income", "10000"), *("--income", "0"), *("--income", "10000"), "--gap", "reset"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--income", "10000", "--income", "0", "--income", "10000"), 1, "tax_gap.cn.service, field 2026-03"),
        (("--income", "1", "--income", "2", "--months", "3"), 2, "--months: 3; expected 2"),
        (("--income", "1.001"), 2, "two decimals"),
        (("--income", "1", "--months", "0"), 2, "--months"),
        ((), 2, "--income"),
    ],
)
def test_a_wrong_quote_is_one_line(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    ended = Lxr(tmp_path)(*QUOTE, *arguments)
    assert code == ended.code
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_rules_are_proposed_by_the_union_and_signed_by_the_regulator_from_its_own_copy(lxr: Lxr) -> None:
    given = lxr.json("rules", "import")
    assert (21, 1, 9) == (len(given["done"]), given["waiting"], given["unknown"])
    assert 0 == len(lxr.json("rules", "import")["done"])
    assert 21 == len(lxr.json("rules", "approve", "--shipped")["done"])
    listed = lxr.json("rules", "list", "--name", "tax_")["rules"]
    assert {"signed": 4, "unknown": 1} == {
        standing: sum(each["standing"] == standing for each in listed) for standing in ("signed", "unknown")
    }
    (value,) = lxr.json("rules", "show", "late_charge.cn.employee")["values"]
    assert ({"ppm": 500}, "社会保险法 art. 86", "P") == (
        value["value"],
        value["basis"]["number"],
        value["basis"]["confidence"],
    )


def test_what_differs_from_the_regulators_copy_is_named_and_not_signed(lxr: Lxr) -> None:
    document = ("--document", "社会保险法 art. 86", "--source", "the text", "--confidence", "P", "--from", "2011-07-01")
    number = lxr.json("rules", "propose", "late_charge.cn.employee", '{"ppm":400}', *document)["proposal"]
    ended = lxr("rules", "approve", "--shipped")
    assert 1 == ended.code
    assert number in ended.err
    assert [] == [each for each in lxr.json("rules", "list", "--name", "late")["rules"] if each["standing"] == "signed"]
    shown = lxr("rules", "approve", number)
    assert 0 == shown.code
    assert "still to sign: regulator" in shown.out


def test_nobody_else_proposes_a_rule_and_a_signature_names_what_it_signs(lxr: Lxr) -> None:
    assert 1 == lxr("--as", "bank/admin", "rules", "import").code
    assert 2 == lxr("rules", "approve").code
    ended = lxr(
        "rules",
        "propose",
        "late_charge.cn.employee",
        '{"ppm":"x"}',
        "--document",
        "d",
        "--source",
        "s",
        "--confidence",
        "P",
        "--from",
        "2011-07-01",
    )
    assert (1, True) == (ended.code, "late_charge.cn.employee" in ended.err)


def test_what_is_due_is_told_in_chinese_with_its_question(lxr: Lxr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "LANGUAGE", "zh")
    shown = lxr("rules", "due")
    assert (0, True, False) == (shown.code, "待查" in shown.out, "which months" in shown.out)
