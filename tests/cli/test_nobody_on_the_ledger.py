"""Nobody can be told from the ledger: no name, account or telling number stands on it, and no digest to be guessed."""

import base64
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import Any, Final

import pytest

from commandline import EXAMPLES, PASSPHRASE, Lxr, steps, walkthrough
from lxr.chaincode.cashout_records import CashOut, PaymentOrder, cash_out_shards, cash_outs, payment_orders
from lxr.chaincode.envelope import encode_envelope
from lxr.chaincode.types import canonical
from lxr.node.embedded import EmbeddedLedger
from lxr.settlement.bank.formats import pain001
from lxr.settlement.bank.model import PaymentFile, Transfer
from lxr.settlement.bank.stated_files import PURPOSES
from lxr.settlement.bank.transfers import CUSTODIAN
from lxr.settlement.chengdu import SHANGHAI
from lxr.settlement.people.person import Person
from lxr.settlement.people.store import People
from lxr.token.accounts import AccountKind

TELLING: Final = {"R0001": "13812340001", "R0002": "13812340002", "R0003": "13812340003"}
"""The walk-through's numbers of workers, and telephone numbers, which an employer may use as well."""
NOTICE: Final = "协助执行通知书\n被执行人：王小伟，电话 13812340001\n"
SHORT: Final = 40
"""A run of letters and figures that is longer is a whole digest, key or signature, and no digest that was cut off."""
RUN: Final = re.compile(rb"[0-9A-Za-z]+")


def telling(text: str) -> str:
    for number, phone in TELLING.items():
        text = text.replace(number, phone)
    return text


@dataclass(frozen=True)
class Played:
    """The month of the walk-through, its workers numbered by their telephones, with a notice, a change of account and a
    return. guesses: all persons as they were at any time."""

    directory: Path
    notice: Path
    guesses: tuple[Person, ...]

    @cached_property
    def holds(self) -> tuple[bytes, ...]:
        """All that is on the ledger: envelopes, what they have written, results and state."""
        ledger = EmbeddedLedger.open(self.directory / "ledger.db")
        try:
            found = [part for block in ledger.blocks() for each in block.transactions for part in parts_of(each)]
            return (*found, *(part for key, value in ledger.scan("") for part in (key.encode(), value)))
        finally:
            ledger.close()

    @cached_property
    def text(self) -> bytes:
        return b"\n".join(self.holds)


def parts_of(transaction: Any) -> Iterator[bytes]:
    yield encode_envelope(transaction.envelope)
    yield transaction.result
    for key, value in transaction.writes:
        yield from (key.encode(), value)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    base = tmp_path_factory.mktemp("nobody")
    shutil.copytree(EXAMPLES, base / "examples")
    for file in (base / "examples" / "walkthrough").iterdir():
        file.write_text(telling(file.read_text("utf-8")), "utf-8")
    notice = base / "notice.txt"
    notice.write_text(NOTICE, "utf-8")
    directory, guesses = base / "my-rehearsal", set[Person]()
    order = ("union", "deduction", "order", f"E001/{TELLING['R0001']}", "tax", "1.00", "--number", "DE001-1")
    with chdir(base):
        for step in steps(walkthrough()):
            lxr = Lxr(directory, step.at)
            done(lxr, *(telling(word) for word in step.words))
            if step.words[:2] == ("union", "certify"):
                done(lxr, *order, "--basis", "a ruling", "--document", notice)
            if step.words[:2] in (("employer", "roster"), ("worker", "account")):
                guesses |= persons(directory)
    return Played(directory, notice, tuple(sorted(guesses, key=lambda each: (each.worker, each.bank_account))))


def done(lxr: Lxr, *words: object) -> None:
    ran = lxr(*words)
    assert (0, "") == (ran.code, ran.err), (words, ran)


def persons(directory: Path) -> set[Person]:
    (store,) = directory.rglob("store.db")
    with People.open(f"sqlite:///{store}", PASSPHRASE.encode()) as people:
        return set(people.get_many(people.workers_of("E001").values()).values())


def clear_forms(text: str) -> Iterator[bytes]:
    """A text as it could stand somewhere: in two encodings, each in hexadecimal and base 64 too, and escaped."""
    for encoding in ("utf-8", "gb18030"):
        data = text.encode(encoding)
        yield data
        yield data.hex().encode()
        yield data.hex().upper().encode()
        yield base64.b64encode(data).rstrip(b"=")[:-1]  # the last sign depends on what follows
    yield json.dumps(text)[1:-1].encode()


def guessed(played: Played) -> dict[bytes, str]:
    """What somebody can make from a guess of a person, with how it was made: fields, alone and together."""
    found = {}
    for person in played.guesses:
        fields = {
            "employer": person.employer,
            "worker_ref": person.worker_ref,
            "name": person.name,
            "bank_account": person.bank_account,
            "bank_code": person.bank_code,
        }
        for count in range(1, len(fields) + 1):
            for names in permutations(fields, count):
                if names in (("employer",), ("bank_code",)) or set(names) == {"employer", "bank_code"}:
                    continue  # they tell of nobody
                values = [fields[name] for name in names]
                made = f"{person.worker}: {', '.join(names)}"
                found[canonical(values)] = made
                found[canonical({name: fields[name] for name in names})] = made
                for sign in ("", "/", ",", ":", " "):
                    found[sign.join(values).encode()] = made
                    found[sign.join(values).encode("gb18030")] = made
        found[canonical({**fields, "bank_name": person.bank_name})] = f"{person.worker}: the row of the roster"
    given = (played.directory.parent / "examples" / "walkthrough").iterdir()
    for path in (played.notice, *given, *played.directory.rglob("*.openings.json")):
        found[path.read_bytes()] = path.name
    return found


class Digests:
    """The bare digests of guesses, to be looked for in whatever form: whole or cut off."""

    def __init__(self, guesses: dict[bytes, str]) -> None:
        digests = {sha256(data).digest(): made for data, made in guesses.items()}
        self.hexadecimal = {digest.hex()[:16].encode(): made for digest, made in digests.items()}
        self.base32 = {base64.b32encode(digest)[:16]: made for digest, made in digests.items()}
        self.base64 = {base64.b64encode(digest)[:16]: made for digest, made in digests.items()}
        self.raw = {digest[:16]: made for digest, made in digests.items()}
        self.short = {digest.hex()[:8].encode(): made for digest, made in digests.items()}

    def within(self, data: bytes) -> Iterator[str]:
        """How what was found was made. Eight figures alone count where a run of letters and figures begins or ends."""
        for place in range(len(data) - 15):
            some = data[place : place + 16]
            for made in (self.hexadecimal.get(some.lower()), self.base32.get(some.upper())):
                yield from [made] if made else []
            for made in (self.base64.get(some), self.raw.get(some)):
                yield from [made] if made else []
        for run in RUN.findall(data):
            if 8 <= len(run) <= SHORT:
                for some in (run[:8].lower(), run[-8:].lower()):
                    yield from [self.short[some]] if some in self.short else []


def test_no_worker_is_on_the_ledger_by_name_account_number_or_salt(played: Played) -> None:
    assert 4 == len(played.guesses)  # three persons, one of them with two accounts
    found = []
    for person in played.guesses:
        salt = bytes.fromhex(person.salt)
        texts = (person.name, person.bank_account, person.bank_account[-9:], person.worker_ref, person.salt)
        found += [(person.worker, text) for text in texts if any(each in played.text for each in clear_forms(text))]
        found += [(person.worker, "salt") for each in (salt, base64.b64encode(salt)[:-2]) if each in played.text]
        assert person.payee_commitment.encode() in played.text  # the commitment is what stands there
        assert person.worker.encode() in played.text
    assert [] == found
    assert NOTICE.splitlines()[0].encode() not in played.text


def test_no_digest_on_the_ledger_can_be_guessed_from_what_is_known_of_a_person(played: Played) -> None:
    guesses = guessed(played)
    assert len(guesses) > 1000
    assert {"notice.txt", "roster.csv", "CE001-20260915.openings.json"} <= set(guesses.values())
    assert set() == set(Digests(guesses).within(played.text))


@pytest.mark.parametrize(
    "form",
    [
        lambda digest: digest.hex().encode(),
        lambda digest: digest.hex()[:16].upper().encode(),
        lambda digest: b"flow-" + digest.hex()[:8].upper().encode(),
        lambda digest: b"E001D" + base64.b32encode(digest)[:16],
        lambda digest: base64.b64encode(digest),
        lambda digest: digest,
    ],
    ids=["whole", "16", "8", "base 32", "base 64", "raw"],
)
def test_a_digest_of_a_guess_would_be_found_in_whatever_form(form: Any) -> None:
    digests = Digests({canonical(["E001", "13812340001"]): "E001/1"})
    digest = sha256(canonical(["E001", "13812340001"])).digest()
    assert ["E001/1"] == sorted(set(digests.within(b'{"a":"' + form(digest) + b'"}')))
    assert [] == list(digests.within(b'{"a":"' + form(sha256(b"other").digest()) + b'"}'))


def payment_file(ledger: EmbeddedLedger, number: str, head: CashOut, payees: dict[str, Person]) -> bytes:
    """The bank's file of a cash-out, made anew from what is on the ledger and a guess of who gets each payment."""
    shards = [cash_out_shards.decode(value) for _, value in ledger.scan(f"{cash_out_shards.key(number)}/")]
    listed: list[tuple[str, PaymentOrder]] = []
    for name in (each for shard in shards for each in shard.orders):
        ((_, value),) = ledger.scan(payment_orders.key(name))
        listed.append((name, payment_orders.decode(value)))
    assert head.execution_date is not None
    assert head.prepared_ms is not None
    return pain001.write(
        PaymentFile(
            message_id=number,
            created_at=datetime.fromtimestamp(head.prepared_ms // 1000, SHANGHAI),
            execution_date=head.execution_date,
            debtor=CUSTODIAN,
            debtor_account=head.custody,
            transfers=tuple(
                Transfer(
                    end_to_end_id=name,
                    amount_fen=order.amount_fen,
                    creditor_name=payees[order.payee_commitment].name,
                    creditor_account=payees[order.payee_commitment].bank_account,
                    creditor_bank=payees[order.payee_commitment].bank_code,
                    purpose=PURPOSES[AccountKind(order.account.partition(":")[0])],
                    remittance=f"wages {head.run or number}",
                )
                for name, order in listed
            ),
        )
    )


def test_no_digest_on_the_ledger_is_that_of_a_payment_file_made_anew_from_a_guess_of_the_persons(
    played: Played,
) -> None:
    payees = {person.payee_commitment: person for person in played.guesses}
    ledger = EmbeddedLedger.open(played.directory / "ledger.db")
    try:
        heads = [(key.split("/")[1], cash_outs.decode(value)) for key, value in ledger.scan(f"{cash_outs.name}/")]
        made = {payment_file(ledger, number, head, payees): number for number, head in heads}
    finally:
        ledger.close()
    assert {"CE001-20260915", "CE001-AGAIN"} == set(made.values())
    for data, number in made.items():  # the guess is right: it is what the bank was given
        assert (played.directory / "bank" / "inbox" / f"{number}.xml").read_bytes() == data
    assert set() == set(Digests(made).within(played.text))
