"""What one interpreter recorded, another judges: `python tests/support/judging.py record|judge|audit DIRECTORY`.

record: a month of made-up records on an embedded ledger, audited; and hostile envelopes, each with the answer it gets.
audit: prints what audits say of the consortia there, and which state each has.
judge: the same ledger audited, and each envelope asked again at several depths of the stack; what differs is printed.
Exit codes: 0 alike, 1 not.
"""

import base64
import hashlib
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from lxr.chaincode.envelope import decode_envelope
from lxr.chaincode.founding import geneses
from lxr.cli.app import run as lxr
from lxr.network.authority import Authority
from lxr.network.consortium import Consortium, open_consortium
from lxr.node.audit import audit
from lxr.node.contracts import in_force
from lxr.node.embedded import EmbeddedLedger
from lxr.token.refusal import Refusal
from oddcertificates import odd_certificates
from oddenvelopes import hostile

PASSPHRASE: Final = b"rehearsal"
"""Of every consortium that `lxr demo` makes."""
AT_MS: Final = 1_788_307_200_000
"""2026-09-02: within the dates of the certificates, after the month that is played."""
DEPTHS: Final = ((1_000, 0), (1_000, 700), (5_000, 4_000), (100_000, 0))
"""Recursion limits, and frames that are on the stack already."""
LIBRARIES: Final = ("msgspec", "cryptography", "protobuf", "grpcio")

Answer = dict[str, Any]


class Asked(Struct, frozen=True):
    """A hostile envelope and what it was answered."""

    why: str
    envelope: str
    answer: Answer


class Record(Struct, frozen=True):
    """By whom it was recorded, what audit said of the ledger, and all answers."""

    versions: dict[str, str]
    audit: Answer
    asked: list[Asked]


def versions() -> dict[str, str]:
    """Of this interpreter and the libraries on which a judgement could hang."""
    python = ".".join(map(str, sys.version_info[:3]))
    return {"Python": python} | {name: metadata.version(name) for name in LIBRARIES}


def record(directory: Path) -> Record:
    """Play the month there, and ask."""
    if lxr(["--json", "demo", "--keep", str(directory / "c"), "--employers", "2", "--workers", "12"]):
        raise SystemExit("the month could not be played")
    consortium = open_consortium(directory / "c")
    who = consortium.identity("union", "admin", passphrase=PASSPHRASE)
    authority = Authority.load(consortium.org_dir("union"), PASSPHRASE)
    odd = odd_certificates(authority, who.private_key.public_key())
    with closing(EmbeddedLedger.open(consortium.ledger_path)) as ledger:
        asked = [
            Asked(why, base64.b64encode(data).decode(), answer(ledger, data))
            for why, data in hostile(who, AT_MS, odd, ledger.genesis.ledger)
        ]
    found = Record(versions(), audited(consortium), asked)
    (directory / "record.json").write_bytes(msgspec.json.encode(found))
    return found


def judge(directory: Path) -> list[str]:
    """What this interpreter finds otherwise than the one that recorded."""
    recorded = msgspec.json.decode((directory / "record.json").read_bytes(), type=Record)
    consortium = open_consortium(directory / "c")
    found = audited(consortium)
    differing = [] if recorded.audit == found else [f"audit: {recorded.audit} there, {found} here"]
    with closing(EmbeddedLedger.open(consortium.ledger_path)) as ledger:
        for each in recorded.asked:
            data = base64.b64decode(each.envelope)
            for limit, frames in DEPTHS:
                sys.setrecursionlimit(limit)
                here = _from_depth(frames, lambda data=data: answer(ledger, data))  # type: ignore[misc]
                if here != each.answer:
                    differing.append(f"{each.why}, {frames} of {limit} frames: {each.answer} there, {here} here")
    print(f"recorded by {recorded.versions}, judged by {versions()}: {len(recorded.asked)} envelopes", file=sys.stderr)
    return differing


def audited(consortium: Consortium) -> Answer:
    """The report of an audit, and a digest of the whole state."""
    with closing(EmbeddedLedger.open(consortium.ledger_path)) as ledger:
        report: Answer = msgspec.json.decode(msgspec.json.encode(audit(ledger)))
        return report | {"state": _digest(ledger.scan(""))}


def answer(ledger: EmbeddedLedger, data: bytes) -> Answer:
    """What the envelope is answered on the ledger as it is; nothing of it is kept."""
    try:
        under = in_force(_State(ledger))
        (genesis,) = ledger.read([geneses.key()])
        assert under is not None and genesis is not None  # noqa: PT018
        accepted = under.execute(_State(ledger), under.admit(decode_envelope(data), genesis))
    except Refusal as refusal:
        return {"code": refusal.code, "facts": dict(refusal.facts)}
    except Exception as fault:  # noqa: BLE001  (a bug is an answer too: it must not hide the others)
        return {"bug": type(fault).__name__}
    return {"accepted": _digest([("", accepted.result), *accepted.writes])}


def _digest(rows: Iterable[tuple[str, bytes]]) -> str:
    return hashlib.sha256(msgspec.msgpack.encode(list(rows))).hexdigest()


class _State:
    def __init__(self, ledger: EmbeddedLedger) -> None:
        self.get_many: Final = ledger.read


def _from_depth(frames: int, ask: Callable[[], Answer]) -> Answer:
    return ask() if frames == 0 else _from_depth(frames - 1, ask)


def main() -> int:
    """See above."""
    what, directory = sys.argv[1], Path(sys.argv[2])
    if what == "audit":
        for each in sorted(directory.iterdir()):
            print(each.name, msgspec.json.encode(audited(open_consortium(each))).decode())
        return 0
    if what == "record":
        found = record(directory)
        bugs = [each.why for each in found.asked if "bug" in each.answer]
        differing = [f"{why}: a bug" for why in bugs] + ([] if found.audit["ok"] else [str(found.audit)])
    else:
        differing = judge(directory)
    print("\n".join(differing), file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
