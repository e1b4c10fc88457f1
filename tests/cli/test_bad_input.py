"""Bad input through the real command: one line that says what to mend, and the ledger stays as it was."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from commandline import EXAMPLES, Lxr, Month, refused

ORDERS = (EXAMPLES / "walkthrough" / "orders-2026-08-03.csv").read_text("utf-8")
HEADER, FIRST, SECOND, *_ = ORDERS.splitlines()
MAP = EXAMPLES / "riders.toml"
REFUSED, USAGE, NOT_KNOWN_YET = 1, 2, 3
BANK = ("--bank-code", "102100099996", "--bank-name", "x")
PROPOSED = ("--from", "2026-08-01", "--source", "x")
NOWHERE = "/proc/nowhere/file"


@pytest.fixture(scope="module")
def lxr(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lxr]:
    """On the evening of the first day of work, with its batch prepared. At the end nothing has been written."""
    done = month.after("employer batch prepare")
    lxr = done.copied_to(tmp_path_factory.mktemp("bad") / "rehearsal")
    yield lxr
    assert done.after == lxr.tip()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ["is empty", "expected a header"]),
        (HEADER + "\n", ["has no data rows"]),
        (HEADER.replace("rider", "who") + f"\n{FIRST}\n", ["row 1, field rider", "is missing", "order_no, who"]),
        (HEADER.replace("delivered_at", "rider") + f"\n{FIRST}\n", ["row 1, field rider", "twice", "each column once"]),
        (f'{HEADER}\n"{FIRST}\n', ["row 2"]),
        (f"{HEADER}\n{FIRST}\0\n", ["row 2", "NUL"]),
    ],
)
def test_an_export_that_cannot_be_read_is_named_with_row_and_field(
    lxr: Lxr, tmp_path: Path, content: str, said: list[str]
) -> None:
    export = tmp_path / "export.csv"
    export.write_text(content, "utf-8")
    line = refused(lxr, REFUSED, "employer", "batch", "prepare", "E001", export, "--map", MAP, "--out", tmp_path / "b")
    assert [] == [word for word in [str(export), *said] if word not in line]


def test_an_export_in_no_known_encoding_is_refused_with_its_row(lxr: Lxr, tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_bytes(f"{HEADER}\n{FIRST}\n".encode() + b"\xff,1,2,3,4\n")
    line = refused(lxr, REFUSED, "employer", "batch", "prepare", "E001", export, "--map", MAP, "--out", tmp_path / "b")
    assert f"{export}, row 3: is not UTF-8; expected a CSV file saved in UTF-8" in line


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (FIRST, ["row 3", "order_no", "repeats row 2"]),
        (SECOND.replace("R0001", "R0009"), ["row 3: R0009 on 2026-08-03", "not in the roster", "a worker of E001"]),
        (SECOND.replace(",3.4", ",-3.4"), ["row 3", "distance_km", "'-3.4', which is negative", "0 or more"]),
        (SECOND.replace(",3.4", ",3.40005"), ["row 3", "distance_km", "which is a fraction", "a whole number"]),
        (SECOND.replace(",3.4", ",34000000000"), ["row 3", "distance_km", "too large", "at most"]),
        (SECOND.replace(",3.4", ",2000"), ["row 2, 3", "metres", "comes to 2002100 on this day", "at most 1000000"]),
        (SECOND.replace(",3.4", ",1e3"), ["row 3", "distance_km", "a plain number"]),
        (SECOND.replace("2026-08-03T11:20", "2026-02-30T11:20"), ["row 3", "started_at", "that exist"]),
        (SECOND.replace("T11:51", "T10:51"), ["row 3", "delivered_at", "lies before started_at"]),
        (SECOND.replace("2026-08-03", "2026-07-03"), ["row 3: R0001 on 2026-07-03", "has joined no terms"]),
        (SECOND.replace("2026-08-03", "2026-08-09"), ["row 3: R0001 on 2026-08-09", "in the future"]),
        (SECOND + ",too many", ["row 3", "has 6 cells", "5 cells"]),
    ],
)
def test_a_batch_with_a_bad_row_is_refused_as_a_whole_and_names_the_row(
    lxr: Lxr, tmp_path: Path, row: str, said: list[str]
) -> None:
    export, batch = tmp_path / "export.csv", tmp_path / "batch.json"
    export.write_text(f"{HEADER}\n{FIRST}\n{row}\n", "utf-8")
    lxr("employer", "batch", "prepare", "E001", export, "--map", MAP, "--out", batch)
    line = refused(lxr, REFUSED, "employer", "batch", "submit", "E001", batch)
    assert [] == [word for word in [str(batch), *said] if word not in line]
    refused(lxr, REFUSED, "employer", "batch", "submit", "E001", batch, "--dry-run")


def test_an_export_without_a_usable_row_is_refused_and_its_faults_are_in_the_batch_file(
    lxr: Lxr, tmp_path: Path
) -> None:
    export, batch = tmp_path / "export.csv", tmp_path / "batch.json"
    export.write_text(f"{HEADER}\n{FIRST.replace('2.1', 'x')}\n", "utf-8")
    line = refused(lxr, REFUSED, "employer", "batch", "prepare", "E001", export, "--map", MAP, "--out", batch)
    assert f"lxr: {export} has no usable row for E001: there is nothing to submit\n" == line
    assert "distance_km" in batch.read_text("utf-8")


def test_many_bad_rows_of_a_kind_are_said_once_and_all_are_in_the_file_of_outcomes(lxr: Lxr, tmp_path: Path) -> None:
    export, batch = tmp_path / "export.csv", tmp_path / "batch.json"
    rows = [FIRST.replace("O20260803001", f"O{number}").replace("2.1", "x") for number in range(13)]
    export.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    prepared = lxr("employer", "batch", "prepare", "E001", export, "--map", MAP, "--out", batch)
    assert f"{export}, row 2, field distance_km: reads 'x'; expected a plain number like 12 or 3.4" in prepared.out
    assert "and 12 more like it, in rows 3, 4, 5, 6, …" in prepared.out
    submitted = lxr("employer", "batch", "submit", "E001", batch)
    outcomes = tmp_path / "batch.outcomes.csv"
    assert (1, True) == (submitted.code, f"and 3 more: all are in {outcomes}" in submitted.out)
    assert 13 == outcomes.read_text("utf-8").count("refused")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"orders": 5', '"orders": 6', "field digest: does not fit; expected a batch file as it was prepared"),
        ('"employer": "E001"', '"employer": "E002"', "field digest: does not fit"),
        ("{", "[", "is not a batch file"),
        ('"sheets"', '"sheet"', "is not a batch file"),
    ],
)
def test_a_batch_file_that_was_edited_is_refused(lxr: Lxr, tmp_path: Path, before: str, after: str, said: str) -> None:
    batch = tmp_path / "batch.json"
    batch.write_text((lxr.directory / "day1.json").read_text("utf-8").replace(before, after, 1), "utf-8")
    assert f"lxr: {batch}" in (line := refused(lxr, REFUSED, "employer", "batch", "submit", "E001", batch))
    assert said in line


def test_another_employers_batch_is_refused(lxr: Lxr) -> None:
    batch = lxr.directory / "day1.json"
    line = refused(lxr, REFUSED, "employer", "batch", "submit", "E002", batch)
    assert f"{batch}, field employer: is E001; expected a batch of E002" in line


@pytest.mark.parametrize(
    ("words", "content", "said"),
    [
        (("employer", "roster", "E001"), "worker_ref,name\nR0001,x\n", ["row 1, field bank_account", "is missing"]),
        (
            ("employer", "roster", "E001"),
            "worker_ref,name,bank_account,bank_code,bank_name\nR9,x,6200000000123456783,102100099996,x\n",
            ["row 2, field bank_account: fails its check digit"],
        ),
        (("terms", "propose", "E001"), "number = ", ["is not TOML"]),
        (("terms", "propose", "E001"), 'number = "X"\n', ["missing required field `pay_class`"]),
        (("terms", "propose", "E001"), "surprise = 1\n", ["unknown field `surprise`"]),
        (("employer", "batch", "submit", "E001"), "{", ["is not a batch file"]),
        (("bank", "statement", "import"), "<Document>", ["not well-formed XML"]),
        (("bank", "statement", "import"), "<Document/>", ["Document"]),
        (("bank", "statement", "import"), "", ["is empty"]),
        (("bank", "statement", "import"), "day,fen\n", ["no header of a known table", "--layout FILE"]),
        (("voucher", "verify"), "{}", ["not good", "it is no voucher"]),
    ],
)
def test_a_malformed_file_is_refused_and_named(
    lxr: Lxr, tmp_path: Path, words: tuple[str, ...], content: str, said: list[str]
) -> None:
    file = tmp_path / "given"
    file.write_text(content, "utf-8")
    line = refused(lxr, REFUSED, *words, file)
    assert [] == [word for word in ["given", *said] if word not in line]


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("zone = ", "is not TOML"),
        (
            'zone = "Mars/Olympus"\n[columns]\nworker = "w"\ndate = "d"\n[[measure]]\nname = "n"\nfold = "count"\n',
            "Mars",
        ),
        ('zone = "unstated"\n[columns]\nworker = "w"\n[[measure]]\nname = "n"\nfold = "count"\n', "`date` or `start`"),
        ('zone = "unstated"\n[columns]\nworker = "w"\ndate = "d"\n', "field measure: is missing"),
    ],
)
def test_a_malformed_mapping_is_refused_and_named(lxr: Lxr, tmp_path: Path, mapping: str, said: str) -> None:
    file = tmp_path / "map.toml"
    file.write_text(mapping, "utf-8")
    export = EXAMPLES / "walkthrough" / "orders-2026-08-03.csv"
    words = ("employer", "batch", "prepare", "E001", export, "--map", file, "--out", tmp_path / "b")
    line = refused(lxr, REFUSED, *words)
    assert (True, True) == (str(file) in line, said in line)


MISSING = "/tmp/there-is-no-such-file"


@pytest.mark.parametrize(
    "words",
    [
        ("employer", "roster", "E001", MISSING),
        ("employer", "batch", "submit", "E001", MISSING),
        ("terms", "propose", "E001", MISSING),
        ("bank", "statement", "import", MISSING),
        ("union", "reconcile", MISSING),
        ("voucher", "verify", MISSING),
        ("employer", "batch", "prepare", "E001", MISSING, "--map", MAP, "--out", "/tmp/b"),
        ("employer", "batch", "prepare", "E001", EXAMPLES / "riders.toml", "--map", MISSING, "--out", "/tmp/b"),
        ("union", "close-day", "2026-08-02", "--passphrase-file", MISSING),
        ("demo", "--records", MISSING, "--map", MAP),
    ],
)
def test_a_file_that_is_not_there_is_named(lxr: Lxr, words: tuple[object, ...]) -> None:
    own = replace(lxr, variables={}) if "--passphrase-file" in words else lxr
    line = refused(own, REFUSED, *words)
    assert (True, True) == (Path(MISSING).name in line, "no such file" in line.lower())


@pytest.mark.parametrize(
    "words",
    [
        (
            "employer",
            "batch",
            "prepare",
            "E001",
            EXAMPLES / "walkthrough" / "orders-2026-08-03.csv",
            "--map",
            MAP,
            "--out",
        ),
        ("employer", "batch", "submit", "E001", "DAY1", "--outcomes"),
        ("demo", "--employers", "1", "--workers", "1", "--keep"),
        ("init", "--rehearsal"),
    ],
)
def test_a_place_that_cannot_be_written_is_named_and_nothing_is_sent(lxr: Lxr, words: tuple[object, ...]) -> None:
    given = [lxr.directory / "day1.json" if word == "DAY1" else word for word in words]
    assert NOWHERE in refused(lxr, REFUSED, *given, NOWHERE)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("employer", "deposit", "E009", "5.00", "--reference", "9"), "there is no employer E009"),
        (("employer", "roster", "E009"), "there is no employer E009"),
        (("employer", "batch", "status", "E009"), "there is no employer E009"),
        (("employer", "statement", "E009"), "there is no employer E009"),
        (("terms", "propose", "E009", EXAMPLES / "terms_riders.toml"), "there is no employer E009"),
        (("worker", "key", "new", "E009"), "there is no employer E009"),
        (("worker", "add", "E009"), "there is no employer E009"),
        (("union", "certify", "E009"), "there is no employer E009"),
        (("union", "payday", "E009", "2026-09-15"), "there is no employer E009"),
        (("terms", "show", "TE001-OTHER"), "there is no terms TE001-OTHER"),
        (("terms", "accept", "TE001-RIDERS", "2"), "there is no text of terms TE001-RIDERS/2"),
        (("worker", "join", "TE001-OTHER"), "there is no terms TE001-OTHER"),
        (("worker", "confirm", "E001/R0009"), "there is no worker E001/R0009"),
        (("worker", "confirm", "WAAAAAAAAAAAA"), "there is no worker WAAAAAAAAAAAA"),
        (("worker", "balance", "WAAAAAAAAAAAA"), "there is no worker WAAAAAAAAAAAA"),
        (("worker", "add", "E001", "WAAAAAAAAAAAA"), "WAAAAAAAAAAAA.key: no such file"),
        (("worker", "dispute", "E001/R0001", "2026-08-03", "orders=1", "--reason", "x"), "there is no row"),
        (("worker", "payslip", "E001/R0001", "E001-20260915"), "there is no run E001-20260915"),
        (("union", "payday", "resume", "E001-20260915"), "there is no run E001-20260915"),
        (("union", "payday", "status", "E001-20260915"), "there is no run E001-20260915"),
        (("union", "payday", "reverse", "E001-20260915", "--reason", "x"), "there is no run E001-20260915"),
        (("union", "payday", "sweep", "E001-20260915"), "there is no run E001-20260915"),
        (("union", "cashout", "instruct", "C1"), "there is no cash-out C1"),
        (("union", "cashout", "approve", "C1"), "there is no cash-out C1"),
        (("union", "cashout", "show", "C1"), "there is no cash-out C1"),
        (("union", "cashout", "cancel", "C1"), "there is no cash-out C1"),
        (("union", "cashout", "reissue", "LX00000000"), "there is no payment order LX00000000"),
        (("bank", "deposit", "cosign", "2026-08-01/B1"), "there is no attested deposit"),
        (("bank", "deposit", "reverse", "2026-08-01/B1", "--reason", "x"), "there is no attested deposit"),
        (("bank", "deposit", "agree-reversal", "2026-08-01/B1"), "there is no attested deposit"),
        (("bank", "cashout", "accept", "C1"), "there is no cash-out C1"),
        (("bank", "line", "assign", "2026-08-01/B1", "--platform"), "there is no booking"),
        (("union", "line", "agree", "2026-08-01/B1"), "there is no booking"),
        (("employer", "line", "consent", "E001", "2026-08-01/B1"), "there is no booking"),
        (("bank", "simulate", "--return", "E001/R0009"), "there is no worker E001/R0009"),
        (("bank", "countersign", "2026-08"), "there is no period 2026-08"),
        (("union", "params", "approve", "PUNION-1"), "there is no proposal PUNION-1"),
        (("voucher", "show", "E001-20260915"), "holds no run E001-20260915"),
        (("employer", "row", "list", "E009"), "there is no employer E009"),
        (("union", "rows", "E009"), "there is no employer E009"),
        (("employer", "row", "reply", "E001/R0001", "2026-08-03", "--reason", "x"), "there is no row"),
        (("employer", "row", "contest", "E001/R0001", "2026-08-03", "--reason", "x"), "there is no row"),
        (("union", "decide", "E001/R0001", "2026-08-03", "orders=1", "--reason", "x"), "there is no row"),
        (("regulator", "review", "E001/R0001", "2026-08-03", "--uphold", "--reason", "x"), "there is no row"),
        (("voucher", "show", "nothing/at/all"), "is no reference; expected a transaction id"),
    ],
)
def test_what_the_ledger_does_not_know_is_refused_by_its_number(lxr: Lxr, words: tuple[object, ...], said: str) -> None:
    assert said in refused(lxr, REFUSED, *words)


@pytest.mark.parametrize(
    "words",
    [
        ("union", "decide", "E001/R0001", "2026-08-03", "orders=1", "--reason", os.fsdecode("不对".encode("gbk"))),
        ("employer", "row", "list", os.fsdecode(b"E001\xff")),
        ("worker", "balance", os.fsdecode(b"E001/R\xff")),
    ],
)
def test_an_argument_in_another_encoding_is_a_fault_of_usage(lxr: Lxr, words: tuple[str, ...]) -> None:
    assert "expected" in refused(lxr, USAGE, *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ledger", "tx", "0" * 64), f"transaction {'0' * 64} is not on this ledger"),
        (("ledger", "block", "999"), "block 999 is not on this ledger"),
        (("worker", "key", "replace", "E001/R0001", "--approve"), "no new key is proposed"),
    ],
)
def test_what_is_not_there_yet_is_to_be_looked_up_again(lxr: Lxr, words: tuple[str, ...], said: str) -> None:
    assert said in refused(lxr, NOT_KNOWN_YET, *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("union", "close-day", "2026-08-03"), "2026-08-03 is still open"),
        (("union", "payday", "E001", "2026-09-15"), "is still open"),
        (("union", "period", "close", "2026-08"), "cannot be closed: it is not over"),
        (("worker", "claim", "E001/R0001", "2026-08-30", "orders=1", "--reason", "x"), "2026-08-30 is in the future"),
        (("worker", "claim", "E001/R0001", "2026-07-03", "orders=1", "--reason", "x"), "has joined no terms"),
        (("worker", "claim", "E001/R0001", "2026-08-03", "dances=1", "--reason", "x"), "dances of worker"),
        (("employer", "batch", "correct", "E001/R0001", "2026-08-03", "none", "--reason", "x"), "there is no sheet"),
        (("employer", "add", "E001", "--shard-size", "5"), "was used for another command"),
        (("employer", "add", "E001", "--shard-size", "5"), "field shard_size differs"),
        (("employer", "deposit", "E001", "600", "--reference", "1"), "500.00 yuan from 3100000000000001 were ordered"),
        (("bank", "simulate", "--day", "2020-01-01"), "2020-01-01 is before the last closed day"),
        (("bank", "simulate", "--seed", "77"), "field seed: is 77; expected 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_now_is_refused_with_its_reason(lxr: Lxr, words: tuple[str, ...], said: str) -> None:
    assert said in refused(lxr, REFUSED, *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dance",), "No such command 'dance'"),
        (("employer", "dance"), "No such command 'dance'"),
        (("--dance",), "No such option: --dance"),
        (("ledger", "show", "--dance"), "No such option: --dance"),
        (("ledger", "show", "more"), "more"),
        (("employer", "add"), "Missing argument 'EMPLOYER'"),
        (("employer", "add", "e1"), "'EMPLOYER': 'e1'; expected E and 3 to 6 digits"),
        (("employer", "add", "E001/../.."), "expected E and 3 to 6 digits"),
        (("employer", "add", "E002", "--shard-size", "0"), "'--shard-size'"),
        (("employer", "add", "E002", "--shard-size", "many"), "'--shard-size'"),
        (("employer", "deposit", "E001", "5.00"), "Missing option '--reference'"),
        (
            ("employer", "deposit", "E001", "0", "--reference", "1"),
            "'YUAN': '0'; expected 0.01 to 10,000,000,000,000.00 yuan",
        ),
        (("employer", "deposit", "E001", "--reference", "1", "--", "-5"), "'-5'; expected yuan"),
        (("employer", "deposit", "E001", "5.001", "--reference", "1"), "'5.001'; expected yuan"),
        (("employer", "deposit", "E001", "1e5", "--reference", "1"), "'1e5'; expected yuan"),
        (("employer", "deposit", "E001", "99999999999999", "--reference", "1"), "expected 0.01 to"),
        (("employer", "deposit", "E001", "1,00", "--reference", "1"), "'1,00'; expected yuan"),
        (("employer", "deposit", "E001", "5", "--reference", ""), "'--reference'"),
        (("employer", "set", "E001", "asleep", "2026-08-03", "--reason", "x"), "'STATUS'"),
        (("employer", "set", "E001", "ended", "2026-08-03", "--reason", ""), "'--reason': ''; expected 1 to 200"),
        (("employer", "set", "E001", "ended", "2026-08-03", "--reason", "x" * 201), "expected 1 to 200 characters"),
        (("employer", "statement", "E001", "--from", "20260801"), "'--from': '20260801'; expected a day"),
        (("employer", "statement", "E001", "--from", "2026-02-30"), "expected a day like 2026-08-03"),
        (("employer", "batch", "status", "E001", "--month", "2026-13"), "'--month': '2026-13'; expected a month"),
        (("worker", "confirm", "../../ledger"), "'WORKER'"),
        (("worker", "confirm", "W1"), "expected W and 12 characters, or EMPLOYER/REFERENCE"),
        (("worker", "confirm", "E001/R0001", "--day", "today"), "'--day': 'today'"),
        (("worker", "join", "TE001-RIDERS", "--version", "0"), "'--version'"),
        (
            ("worker", "claim", "E001/R0001", "2026-08-03", "orders=-1", "--reason", "x"),
            "'orders=-1'; expected measures",
        ),
        (("worker", "claim", "E001/R0001", "2026-08-03", "orders=1.5", "--reason", "x"), "'orders=1.5'; expected"),
        (("worker", "claim", "E001/R0001", "2026-08-03", "orders=1000001", "--reason", "x"), "0 to 1000000"),
        (("worker", "claim", "E001/R0001", "2026-08-03", "a=1", "a=2", "--reason", "x"), "each measure once"),
        (("worker", "claim", "E001/R0001", "2026-08-03", "none", "a=2", "--reason", "x"), "none alone"),
        (("terms", "accept", "T/../x", "1"), "'TERMS'"),
        (("terms", "accept", "TE001-RIDERS", "first"), "'VERSION'"),
        (("union", "payday", "E001"), "'DAY': 'E001'"),
        (("union", "payday", "status", "a/b"), "'RUN': 'a/b'"),
        (("union", "certify", "E001", "--day", "x"), "'--day': 'x'"),
        (("union", "cashout", "open", "C1"), "expected --run, --platform, or --employer or --worker"),
        (("union", "cashout", "open", "C1", "--platform", "--employer", "E001"), "expected --run, --platform"),
        (("union", "cashout", "show", "C1/.."), "'CASHOUT'"),
        (("union", "cashout", "reissue", "1"), "'ORDER'"),
        (("union", "period", "close", "2026-8"), "'MONTH': '2026-8'"),
        (("union", "revoke", "xyz", "--reason", "x"), "'SERIAL': 'xyz'"),
        (("union", "params", "propose", "a.b", "{", "--from", "2026-08-01", "--source", "x"), "'{'; expected JSON"),
        (("union", "params", "propose", "a.b", "NaN", "--from", "2026-08-01", "--source", "x"), "expected JSON"),
        (("union", "params", "propose", "a.b", "[" * 100_000, *PROPOSED), "expected JSON"),
        (("union", "params", "propose", "a.b", "[" * 17 + "]" * 17, *PROPOSED), "expected JSON"),
        (("union", "params", "propose", "a.b", "\udcff", *PROPOSED), "expected JSON"),
        (("union", "deduction", "order", "E001/R0001", "fine", "5", "--number", "DE001-1"), "'fine'"),
        (("union", "deduction", "cancel", "X1", "--reason", "x"), "'NUMBER': 'X1'"),
        (("bank", "deposit", "cosign", "B1"), "'DAY/BOOKING': 'B1'; expected a day and the bank's reference"),
        (("bank", "deposit", "cosign", "2026-8-1/B1"), "'DAY/BOOKING': '2026-8-1'; expected a day"),
        (("bank", "deposit", "reverse", "2026-08-01/", "--reason", "x"), "'DAY/BOOKING': ''; expected 1 to 35"),
        (("bank", "attest-deposit", "E001", "5.00", "--booking", "B" * 36), "'--booking'"),
        (("bank", "attest-deposit", "E001", "5.00", "--booking", "B1", "--day", "x"), "'--day': 'x'"),
        (("bank", "line", "assign", "2026-08-01/B1"), "expected one of --order, --employer"),
        (("bank", "line", "assign", "2026-08-01/B1", "--platform", "--employer", "E001"), "expected one of --order"),
        (("bank", "line", "assign", "2026-08-01/B1", "--undoes", "B2"), "'--undoes': 'B2'"),
        (("bank", "cashout", "accept", "x"), "'[CASHOUT]...': 'x'"),
        (("bank", "simulate", "--fee", "0"), "'--fee': '0'"),
        (("ledger", "block", "x"), "'NUMBER'"),
        (("ledger", "show", "--as", "union"), "--as: 'union'; expected one of union/admin"),
        (("union", "close-day", "2026-08-02", "--as", "union/king"), "--as: 'union/king'; expected one of"),
        (("union", "close-day", "2026-08-02", "--as", "union/operator/E001"), "--as"),
        (("union", "close-day", "2026-08-02", "--as", "employer/signer/../.."), "--as"),
        (("ledger", "show", "--at"), "--at: a value is missing"),
        (("ledger", "show", "--at", "yesterday"), "--at: 'yesterday'; expected a time like 2026-08-03T18:00"),
        (("ledger", "show", "--at", "0001-01-01"), "--at"),
        (("ledger", "show", "--lang", "fr"), "--lang: 'fr'; expected zh or en"),
        (("demo", "--records", "x.csv"), "--records and --map go together"),
        (("demo", "--employers", "0"), "'--employers'"),
        (("demo", "--employers", "9", "--workers", "8"), "--workers: 8"),
        (("demo", "--seed", "-1"), "'--seed'"),
        (("worker", "account", "set", "E001/R0001", *BANK), "no card number: give --card-file FILE"),
        (("worker", "account", "set", "E001/R0001", "--account", "6200000000123456782", *BANK), "No such option"),
        (("init",), "Missing argument 'DIR'"),
        (("init", "/tmp/never", "--custody", "a b"), "'--custody': 'a b'"),
        (("init", "/tmp/never"), "--at plays a past time: only a rehearsal can"),
    ],
)
def test_a_command_line_that_is_not_put_right_is_a_usage_fault(lxr: Lxr, words: tuple[str, ...], said: str) -> None:
    assert said in refused(lxr, USAGE, *words)
    assert not Path("/tmp/never").exists()


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (b"6200000000123456783\n", "field bank_account: fails its check digit"),
        (b"", "field bank_account: is not a card number"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"6" * 201, "more than 200 bytes"),
    ],
)
def test_a_file_without_a_card_number_is_refused(lxr: Lxr, tmp_path: Path, card: bytes, said: str) -> None:
    file = tmp_path / "card.txt"
    file.write_bytes(card)
    assert said in refused(lxr, REFUSED, "worker", "account", "set", "E001/R0001", "--card-file", file, *BANK)


def test_a_card_file_that_is_not_there_is_refused(lxr: Lxr, tmp_path: Path) -> None:
    words = ("worker", "account", "set", "E001/R0001", "--card-file", tmp_path / "none", *BANK)
    assert "none: cannot be read: No such file" in refused(lxr, REFUSED, *words)


def test_a_group_without_a_command_shows_its_help_and_is_a_usage_fault(lxr: Lxr) -> None:
    now = replace(lxr, at=None)
    for words in ((), ("employer",), ("union", "cashout")):
        ran, told = now(*words), now("--json", *words)
        assert (USAGE, "") == (ran.code, ran.err)
        assert "Usage: lxr" in ran.out
        assert (USAGE, "usage") == (told.code, told.json["error"])


def test_a_short_payday_says_what_is_missing_and_a_run_that_has_left_says_why_it_cannot_be_reversed(
    month: Month, tmp_path: Path
) -> None:
    early, late = tmp_path / "early", tmp_path / "late"
    shutil.copytree(month.after("union certify").copy, early)
    shutil.copytree(month.after("bank cashout accept").copy, late)
    lxr = Lxr(early, "2026-09-15T10:00")
    spent = Lxr(late, "2026-09-15T10:00")
    line = refused(spent, REFUSED, "union", "payday", "reverse", "E001-20260915", "--reason", "x")
    assert (
        "E001-20260915 cannot be reversed: its cash-out CE001-20260915 is accepted by the bank: the money has left"
        in line
    )
    assert "2026-09-14 is no payday of employer E001" in refused(lxr, REFUSED, "union", "payday", "E001", "2026-09-14")
