"""Wrong passphrases, keys, certificates, roles, signatures, and stores that are damaged or gone."""

from collections.abc import Callable
from contextlib import chdir
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from commandline import PASSPHRASE, Lxr, refused
from lxr.chaincode.refusals import RowChanged, SignatureWrong
from lxr.chaincode.workday_answers import Answer
from lxr.cli.screen import Screen
from lxr.cli.session import Session
from lxr.cli.texts.faults import told_of
from lxr.network.authority import Authority
from lxr.network.keyfile import new_key, write_certificate, write_key
from lxr.settlement.work import answers

Given = Callable[[str], Lxr]
PAST, THEN, LATER, FUTURE = (datetime(year, 1, 1, tzinfo=UTC) for year in (2012, 2013, 2014, 2036))
GARBAGE = "garbage" * 100
CLOSE = ("union", "close-day", "2026-08-04")
"""Of the union's operator, on a day that is over."""


@pytest.fixture
def lxr(given: Given) -> Lxr:
    """After the second day's batch, before its close."""
    return replace(given("employer batch submit E001 my-rehearsal/day2"), at="2026-08-05T10:00")


def put(lxr: Lxr, authority: Authority, first: datetime, last: datetime) -> None:
    """Another key of the union's operator, with a certificate by that authority."""
    place, key = lxr.directory / "orgs" / "union", new_key()
    (place / "operator.key").unlink()
    write_key(place / "operator.key", key, PASSPHRASE.encode())
    certificate = authority.issue("operator@union", "operator", None, key.public_key(), first, last)
    write_certificate(place / "operator.crt", certificate)


def test_an_expired_certificate_is_refused(lxr: Lxr) -> None:
    put(lxr, Authority.load(lxr.directory / "orgs" / "union", PASSPHRASE.encode()), PAST, LATER)
    assert "the certificate has expired at this time" in refused(lxr, 1, *CLOSE)


def test_a_certificate_of_a_foreign_authority_put_in_place_is_refused(lxr: Lxr) -> None:
    put(lxr, Authority.create("union", THEN, FUTURE), THEN, FUTURE)
    assert "the certificate is foreign" in refused(lxr, 1, *CLOSE)


def test_the_certificate_of_another_organisation_put_in_place_is_refused(lxr: Lxr) -> None:
    put(lxr, Authority.load(lxr.directory / "orgs" / "bank", PASSPHRASE.encode()), THEN, LATER)
    assert "the certificate" in refused(lxr, 1, *CLOSE)


def test_a_revoked_certificate_is_refused_from_then_on(lxr: Lxr) -> None:
    certificate = x509.load_pem_x509_certificate((lxr.directory / "orgs" / "union" / "operator.crt").read_bytes())
    serial = format(certificate.serial_number, "x")
    assert {"serial": serial} == lxr.json("union", "revoke", serial, "--reason", "its holder left")
    assert "revoked" in refused(lxr, 1, *CLOSE)
    assert 0 == lxr("union", "certify", "E001", "--day", "2030-01-01").code  # which has nothing to sign


@pytest.mark.parametrize(
    ("variables", "options", "said"),
    [
        ({"LXR_PASSPHRASE": "wrong"}, (), "operator.key: wrong passphrase, or the file is damaged"),
        ({"LXR_PASSPHRASE": ""}, (), "the passphrase is empty or too long"),
        ({"LXR_PASSPHRASE_FILE": "/tmp/there-is-none"}, (), "/tmp/there-is-none: cannot be read: No such file"),
        ({}, ("--passphrase-file", "/proc"), "/proc: cannot be read: Is a directory"),
    ],
)
def test_a_wrong_passphrase_is_refused_and_never_shown(
    lxr: Lxr, variables: dict[str, str], options: tuple[str, ...], said: str
) -> None:
    line = refused(replace(lxr, variables=variables), 1, *CLOSE, *options)
    assert (True, False) == (said in line, "wrong " in line.replace("wrong passphrase", ""))


def test_a_missing_passphrase_is_a_usage_fault_where_nobody_can_be_asked(lxr: Lxr) -> None:
    line = refused(replace(lxr, variables={}), 2, *CLOSE)
    assert "no passphrase: set LXR_PASSPHRASE, or give --passphrase-file" in line


def test_the_passphrase_can_come_from_a_file(lxr: Lxr, tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text(f"{PASSPHRASE}\r\n")
    assert 0 == replace(lxr, variables={})(*CLOSE, "--passphrase-file", file).code
    assert 0 == replace(lxr, variables={"LXR_PASSPHRASE_FILE": str(file)})(*CLOSE).code


def test_reading_the_ledger_needs_no_passphrase(lxr: Lxr) -> None:
    for words in (
        ("ledger", "show"),
        ("ledger", "audit"),
        ("employer", "statement", "E001"),
        ("union", "params", "show"),
    ):
        assert 0 == replace(lxr, variables={})(*words).code


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            lambda place: (place / "operator.key").chmod(0o644),
            "operator.key: mode 0644 lets others at this key; expected",
        ),
        (lambda place: (place / "operator.key").unlink(), "operator.key: no such file"),
        (lambda place: (place / "operator.crt").unlink(), "operator.crt: no such file"),
        (
            lambda place: (place / "operator.key").write_text("x"),
            "operator.key: not an encrypted private key; expected",
        ),
        (lambda place: (place / "operator.crt").write_text("x"), "operator.crt: not an X.509 certificate"),
        (
            lambda place: (place / "operator.crt").write_bytes((place / "treasurer.crt").read_bytes()),
            "operator.crt: this certificate belongs to another key",
        ),
    ],
)
def test_a_damaged_identity_is_refused_and_its_file_named(
    lxr: Lxr, damage: Callable[[Path], object], said: str
) -> None:
    damage(lxr.directory / "orgs" / "union")
    assert said in refused(lxr, 1, *CLOSE)


def test_an_employers_person_is_named_with_the_employers_number(lxr: Lxr) -> None:
    line = refused(lxr, 2, "--as", "employer/signer", "employer", "add", "E003")
    assert "'employer/signer' names no employer; expected its number too, like employer/signer/E001" in line


def test_a_role_can_do_only_what_is_its_own(lxr: Lxr) -> None:
    lxr.json("employer", "add", "E002")
    batch = lxr.directory / "day1.json"
    table = [
        ("bank/teller", CLOSE, "the teller of the bank may not close a day"),
        ("union/treasurer", CLOSE, "the treasurer of the union may not close a day"),
        ("union/auditor", ("terms", "activate", "TE001-RIDERS", "1"), "may not bring terms into force"),
        ("regulator/auditor", ("employer", "add", "E003"), "the auditor of the regulator may not register an employer"),
        ("employer/signer/E002", ("union", "period", "close", "2026-07"), "may not close the books"),
        ("employer/preparer/E001", (*CORRECT, "--reason", "x"), "may not correct work"),
        ("employer/signer/E002", (*CORRECT, "--reason", "x"), "may not act for employer E001"),
        ("union/operator", ("employer", "batch", "submit", "E001", batch, "--as", "employer/signer/E009"), "E009"),
    ]
    for identity, words, said in table:
        line = refused(lxr, 1, "--as", identity, *words)
        assert said in line, (identity, words, line)


CORRECT = ("employer", "batch", "correct", "E001/R0001", "2026-08-03", "orders=1", "minutes=1", "metres=1")


def test_a_workers_signature_over_another_row_is_refused(lxr: Lxr) -> None:
    """What the worker's phone sends is a signature; one that was made for other content confirms nothing."""
    before = lxr.tip()
    with Session(directory=lxr.directory, screen=Screen(as_json=False), at=lxr.at) as desk:
        desk.passphrase_by_default = PASSPHRASE.encode()
        first, second = (desk.worker(f"E001/R000{number}") for number in (1, 3))
        own, others = (answers.open_rows(desk.reader, number, None) for number in (first, second))
        operator, key = desk.client("union", "operator"), desk.wallets.key(first)
        good = answers.sign(key, desk.reader, first, own)
        forged = {
            "made for another's rows": answers.sign(key, desk.reader, first, others),
            "made for a part of them": replace_rows(answers.sign(key, desk.reader, first, own[:1]), good),
            "made with another's key": answers.sign(desk.wallets.key(second), desk.reader, first, own),
        }
        for how, answer in forged.items():
            with pytest.raises((RowChanged, SignatureWrong)) as refusal:
                answers.confirm(operator, [(first, answer)])
            told = told_of(refusal.value)
            assert told is not None
            assert (1, True) == (told.exit_code, first in told.line), how
        assert before == lxr.tip()
        assert len(own) == answers.confirm(operator, [(first, good)])


def replace_rows(signed: Answer, content: Answer) -> Answer:
    """The message of one answer under the signature of another."""
    return Answer(worker=content.worker, rows=content.rows, signature=signed.signature)


@pytest.mark.parametrize(
    ("name", "damage", "words", "said"),
    [
        ("consortium.toml", None, ("ledger", "show"), "no consortium here (consortium.toml is missing)"),
        ("consortium.toml", "name = ", ("ledger", "show"), "consortium.toml: is not TOML"),
        ("ledger.db", None, ("ledger", "show"), "ledger.db: no such file"),
        ("ledger.db", GARBAGE, ("ledger", "show"), "ledger.db: file is not a database: not a ledger, or damaged"),
        ("ledger.db", GARBAGE, ("ledger", "audit"), "audit says no"),
        ("ledger.db", GARBAGE, ("union", "audit"), "not a ledger, or damaged"),
        (
            "union/store.db",
            None,
            ("employer", "roster", "E001"),
            "store.db: no such file: the store of persons is gone",
        ),
        ("union/store.db", GARBAGE, ("employer", "roster", "E001"), "cannot be used: file is not a database"),
        ("union/projection.db", GARBAGE, ("employer", "statement", "E001"), "remove it, and it is made again"),
        ("bank/books.db", GARBAGE, ("bank", "simulate"), "books.db: cannot be read: file is not a database"),
        ("bank/outbox/rejected.json", GARBAGE, ("bank", "statement", "import"), "rejected.json"),
    ],
)
def test_a_file_of_the_consortium_that_is_damaged_or_gone_is_named(
    lxr: Lxr, name: str, damage: str | None, words: tuple[str, ...], said: str
) -> None:
    file = lxr.directory / name
    if damage is None:
        file.unlink()
    else:
        file.write_text(damage)
    ran, told = lxr(*words), lxr("--json", *words)
    assert (1, 1, "") == (ran.code, told.code, told.err)
    assert 1 == len(ran.err.splitlines())
    assert said in ran.err


def test_a_page_of_the_ledgers_file_overwritten_makes_the_audit_say_no(given: Given) -> None:
    lxr = given("regulator countersign")
    file = lxr.directory / "ledger.db"
    size = file.stat().st_size
    with file.open("r+b") as pages:
        pages.seek(size // 2)
        pages.write(bytes(16_384))
    ran, told = lxr("ledger", "audit"), lxr("--json", "ledger", "audit")
    assert (1, 1, False) == (ran.code, told.code, told.json["ok"])
    assert 1 == len(ran.err.splitlines())


def test_a_directory_without_a_consortium_is_named(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none"):
        ran = Lxr(place)("ledger", "show")
        assert (1, f"lxr: {place}: no consortium here (consortium.toml is missing)\n") == (ran.code, ran.err)
    file = tmp_path / "file"
    file.touch()
    assert 1 == Lxr(file)("ledger", "show").code


def test_a_live_consortium_plays_no_past_and_has_no_simulated_bank(tmp_path: Path) -> None:
    lxr = Lxr(tmp_path / "live")
    assert "an embedded ledger of one operator" not in lxr("init", lxr.directory).err
    before = lxr.tip()
    assert "only a rehearsal can" in refused(lxr, 2, "ledger", "show", "--at", "2026-08-03")
    assert "only a rehearsal has a simulated bank" in refused(lxr, 2, "bank", "simulate")
    assert "another than asked for" in refused(lxr, 2, "init", lxr.directory, "--rehearsal")
    assert "another than asked for" in refused(lxr, 2, "init", lxr.directory, "--custody", "1234")
    assert "another than asked for" in refused(lxr, 2, "init", lxr.directory, "--name", "other")
    assert before == lxr.tip()
    assert True is lxr.json("ledger", "audit")["ok"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--custody", "a b"), 2),
        (("--name", ""), 2),
        (("--name", "two\nlines"), 2),
        (("--at", "2026-08-03"), 2),
        (("--at", "soon", "--rehearsal"), 2),
    ],
)
def test_a_founding_that_is_refused_leaves_nothing_behind(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    place = tmp_path / "new"
    ran = Lxr(place)("init", place, *words)
    assert (code, 1, False) == (ran.code, len(ran.err.splitlines()), place.exists())


def test_nothing_is_founded_where_something_is(tmp_path: Path) -> None:
    (tmp_path / "full" / "inside").mkdir(parents=True)
    (tmp_path / "file").touch()
    for name, said in (("full", "is not an empty directory"), ("file", "is not an empty directory")):
        ran = Lxr(tmp_path / name)("init", tmp_path / name, "--rehearsal")
        assert (1, f"lxr: {tmp_path / name}: {said}\n") == (ran.code, ran.err)
    with chdir(tmp_path):
        assert "is not an empty directory" in Lxr(tmp_path)("init", ".", "--rehearsal").err


def test_the_store_of_persons_has_the_passphrase_of_the_founding(tmp_path: Path) -> None:
    lxr = Lxr(tmp_path / "new", at="2026-07-30T10:00")
    lxr.json("init", lxr.directory, "--rehearsal")
    lxr.json("employer", "add", "E001")
    mistyped = replace(lxr, variables={"LXR_PASSPHRASE": "mistyped"})
    assert "wrong passphrase for the store of persons" in refused(mistyped, 1, "employer", "roster", "E001")
    assert [] == lxr.json("employer", "roster", "E001")["workers"]
