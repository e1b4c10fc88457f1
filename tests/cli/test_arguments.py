from collections.abc import Callable
from datetime import date

import pytest
import typer

from lxr.cli import arguments
from lxr.cli.ends import UsageFault
from lxr.cli.identities import identity_of
from lxr.cli.shared_options import hoisted, moment_of
from lxr.token.fen import FEN_MAX


@pytest.mark.parametrize(
    ("given", "front", "rest"),
    [
        ("ledger show", "", "ledger show"),
        ("ledger show --json", "--json", "ledger show"),
        ("ledger --json show --at 2026-08-03", "--json --at 2026-08-03", "ledger show"),
        ("ledger show -C dir --dir=other -Cthird", "-C dir --dir=other -Cthird", "ledger show"),
        ("union payday --as union/treasurer E001 --dry-run", "--as union/treasurer", "union payday E001 --dry-run"),
        ("--lang zh ledger show --passphrase-file p", "--lang zh --passphrase-file p", "ledger show"),
        ("ledger show --at --json", "--at --json", "ledger show"),
        ("ledger tx -- --json -C x", "", "ledger tx -- --json -C x"),
        ("demo --keep --atlas", "", "demo --keep --atlas"),
    ],
)
def test_shared_options_are_moved_to_the_front_with_their_values(given: str, front: str, rest: str) -> None:
    assert [*front.split(), *rest.split()] == hoisted(given.split())


@pytest.mark.parametrize("option", ["--dir", "-C", "--as", "--passphrase-file", "--at", "--lang"])
def test_a_shared_option_without_its_value_is_named(option: str) -> None:
    with pytest.raises(UsageFault, match=f"^{option}: a value is missing"):
        hoisted(["ledger", "show", option])


@pytest.mark.parametrize(
    ("word", "fen"),
    [
        ("0.01", 1),
        ("5", 500),
        ("5.5", 550),
        ("5.05", 505),
        ("007", 700),
        ("50,000.00", 5_000_000),
        ("1,000,000", 100_000_000),
        (f"{FEN_MAX // 100}.{FEN_MAX % 100:02}", FEN_MAX),
    ],
)
def test_an_amount_is_read_exactly(word: str, fen: int) -> None:
    assert fen == arguments.amount(word)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (
            arguments.amount,
            ["0", "0.00", "-1", "+1", "1.234", "1e3", "", ".", ".5", "5.", "1,00", ",5", "١", " 5", "0x1"],
        ),
        (arguments.amount, [f"{FEN_MAX // 100 + 1}", "99999999999999999999"]),
        (arguments.day, ["2026-02-30", "20260803", "2026-W31-1", "2026-8-3", "2026-08-03T10:00", "", "today"]),
        (arguments.month, ["2026-13", "2026-8", "202608", "2026-08-01", "", "08-2026"]),
        (
            arguments.measure,
            ["orders", "orders=", "orders=-1", "orders=1.5", "Orders=1", "orders=1000001", "=1", "none=x"],
        ),
        (arguments.worker, ["W", "W123", "R0001", "E1/R1", "E001/", "E001/ ", "WIIIIIIIIIIII", "W1234567890123"]),
        (arguments.employer, ["E1", "e001", "E0000001", "E001 ", "E001/x", "E001\n", ""]),
        (arguments.run, ["E001", "E001-2026-09-15", "E001-19990101", "E001-20260915-x"]),
        (arguments.period, ["2026-00", "2026-13", "1999-12", "2026-1"]),
        (arguments.short_text, ["", "x" * 201]),
        (arguments.bank_code, ["1" * 11, "1" * 13, "10210009999x", ""]),
        (arguments.line, ["", " x", "x\ny"]),
    ],
)
def test_a_word_of_another_form_is_refused_and_shown(read: Callable[[str], object], words: list[str]) -> None:
    for word in words:
        with pytest.raises(typer.BadParameter) as fault:
            read(word)
        assert repr(word) in fault.value.message, word
        assert "; expected " in fault.value.message, word


@pytest.mark.parametrize(
    ("read", "word", "value"),
    [
        (arguments.day, "2026-08-03", date(2026, 8, 3)),
        (arguments.month, "2026-08", date(2026, 8, 1)),
        (arguments.worker, "W0123456789AB", "W0123456789AB"),
        (arguments.worker, "E001/张三 07", "E001/张三 07"),
        (arguments.run, "E001-20260915-2", "E001-20260915-2"),
        (arguments.measure, "orders=1000000", "orders=1000000"),
        (arguments.measure, "none", "none"),
    ],
)
def test_a_word_of_the_right_form_is_read(read: Callable[[str], object], word: str, value: object) -> None:
    assert value == read(word)


@pytest.mark.parametrize(
    ("words", "measures"),
    [(["none"], {}), (["orders=0"], {"orders": 0}), (["orders=3", "minutes=9"], {"orders": 3, "minutes": 9})],
)
def test_measures_are_read_from_words(words: list[str], measures: dict[str, int]) -> None:
    assert measures == arguments.measures(words)


@pytest.mark.parametrize("words", [["a=1", "a=1"], ["none", "a=1"], ["none", "none"]])
def test_a_measure_stands_once_and_none_alone(words: list[str]) -> None:
    with pytest.raises(typer.BadParameter, match="each measure once"):
        arguments.measures(words)


@pytest.mark.parametrize(
    ("word", "at_ms"),
    [
        ("2026-08-03", 1_785_686_400_000),
        ("2026-08-03T18:00", 1_785_751_200_000),
        ("2026-08-03T18:00:30", 1_785_751_230_000),
        ("2026-08-03T10:00+00:00", 1_785_751_200_000),
    ],
)
def test_a_time_that_is_played_is_one_in_chengdu(word: str, at_ms: int) -> None:
    assert at_ms == moment_of(word)


@pytest.mark.parametrize("word", ["", "now", "18:00", "2026-02-30", "1999-12-31", "2100-01-01", "0001-01-01"])
def test_a_time_that_cannot_be_played_is_refused(word: str) -> None:
    with pytest.raises(UsageFault, match=r"^--at: .*expected a time like"):
        moment_of(word)


@pytest.mark.parametrize(
    ("word", "identity"),
    [
        ("union/operator", ("union", "operator", None)),
        ("employer/admin", ("employer", "admin", None)),
        ("employer/signer", ("employer", "signer", None)),
        ("employer/signer/E001", ("employer", "signer", "E001")),
    ],
)
def test_an_identity_is_organisation_and_role(word: str, identity: tuple[str, str, str | None]) -> None:
    assert identity == identity_of(word)


@pytest.mark.parametrize(
    "word",
    ["", "union", "union/", "union/king", "/operator", "union/operator/E001", "employer/signer/x/../y", "bank/.."],
)
def test_another_identity_is_refused(word: str) -> None:
    with pytest.raises(UsageFault, match=r"^--as: .*expected one of"):
        identity_of(word)
