"""What a Fabric network's operator would want to know before it fails: one finding for each thing looked at."""

import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from lxr.network.consortium import Consortium
from lxr.network.fabric.binaries import find_fabric
from lxr.network.fabric.faults import NetworkFault
from lxr.network.fabric.nodes import Node, nodes_of
from lxr.network.fabric.ports import why_taken
from lxr.network.fabric.processes import pid_of
from lxr.network.keyfile import KeyFault, read_certificate
from lxr.node.contracts import contracts_here
from lxr.node.fabric.service.versions import Versions
from lxr.node.said import Said

Level = Literal["ok", "warn", "bad"]

_GIB: Final = 1 << 30
_DISK_BAD_BYTES: Final = 1 * _GIB
_DISK_WARN_BYTES: Final = 5 * _GIB
_TELLING_TRANSACTIONS: Final = 30
_ENDS: Final[tuple[tuple[timedelta, Level], ...]] = (
    (timedelta(days=7), "bad"),
    (timedelta(days=30), "warn"),
    (timedelta(days=90), "ok"),
)
"""How bad it is that a certificate ends within that time. One that ends later is not named."""


class Finding(Struct, frozen=True):
    """subject: a node, a file or what else was looked at. what: what was found of it, in one line."""

    level: Level
    subject: str | Said
    what: str | Said


class Certificate(Struct, frozen=True):
    """What counts of a certificate here: its file, and its first and last moment."""

    path: Path
    not_before: datetime
    not_after: datetime


_COMPARED: Final = tuple(name for name in Versions.__struct_fields__ if name != "contracts")
"""The versions of which nodes should have the same."""


def examine(
    consortium: Consortium,
    now: datetime,
    in_force: str | None = None,
    endorsers: Sequence[Collection[str]] = (),
) -> list[Finding]:
    """Everything that can be seen from the machine that the nodes run on.

    in_force: the contract's version; None: the ledger is not to be reached. endorsers: see `of_endorsers`. Clocks are
    not looked at: each node refuses a transaction whose time is off its own.
    Raises NetworkFault: an embedded consortium.
    """
    directory = consortium.directory
    nodes = nodes_of(consortium)
    running = {node.name for node in nodes if pid_of(node) is not None}
    findings = [_of_binaries()]
    for node in nodes:
        findings += of_node(node, running, _trouble(node, node.name in running))
    findings.append(of_disk(directory, shutil.disk_usage(directory).free))
    files = [path for part in ("orgs", "nodes") for path in _files(directory / part)]
    findings += _of_certificates((path for path in files if path.suffix == ".crt"), now)
    findings += of_keys({path: stat.S_IMODE(path.stat().st_mode) for path in files if _holds_a_key(path)})
    findings += of_endorsers(consortium.roots(), endorsers)
    return findings + ([] if in_force is None else [of_contract(contracts_here(), in_force)])


def of_node(node: Node, running: Collection[str], trouble: Mapping[int, Said]) -> Iterator[Finding]:
    """running: the names of the nodes that are up. trouble: its ports that it does not or could not listen on: why."""
    up = node.name in running
    ports = {port: name for name, (_, port) in node.ports.items()}
    if up:
        yield Finding("ok", node.name, Said("is running on {names}", names=", ".join(map(str, ports))))
    else:
        yield Finding("bad" if running else "warn", node.name, "is not running")
    for port, why in trouble.items():
        yield Finding(
            "warn" if up else "bad",
            node.name,
            Said("port {port} ({ports}): {why}", port=port, ports=ports[port], why=why),
        )


def of_disk(directory: Path, free_bytes: int) -> Finding:
    """Bad below 1 GiB: a peer or an orderer that cannot write stops for good."""
    level: Level = "bad" if free_bytes < _DISK_BAD_BYTES else "warn" if free_bytes < _DISK_WARN_BYTES else "ok"
    tenths = free_bytes * 10 // _GIB
    return Finding(level, str(directory), Said("{gib} GiB of disk are free", gib=f"{tenths // 10}.{tenths % 10}"))


def of_certificates(certificates: Iterable[Certificate], now: datetime) -> Iterator[Finding]:
    """One finding for each that is not valid or ends within 90 days, and one for all others together."""
    sound: list[Certificate] = []
    for each in certificates:
        subject, day = str(each.path), f"{each.not_after:%Y-%m-%d}"
        left = each.not_after - now
        soon = next((level for within, level in _ENDS if left <= within), None)
        if now < each.not_before:
            yield Finding(
                "bad", subject, Said("is not valid before {not_before}", not_before=f"{each.not_before:%Y-%m-%d}")
            )
        elif left < timedelta(0):
            yield Finding("bad", subject, Said("expired on {day}", day=day))
        elif soon is not None:
            yield Finding(soon, subject, Said("expires on {day}, in {days} days", day=day, days=left.days))
        else:
            sound.append(each)
    if sound:
        first = min(sound, key=lambda each: each.not_after)
        what = Said("the first expires on {day}: {path}", day=f"{first.not_after:%Y-%m-%d}", path=first.path)
        yield Finding("ok", Said("{count} certificates", count=len(sound)), what)


def of_keys(modes: dict[Path, int]) -> Iterator[Finding]:
    """modes: permissions of each file that holds a private key."""
    open_to_others = {path: mode for path, mode in modes.items() if mode & (stat.S_IRWXG | stat.S_IRWXO)}
    for path, mode in open_to_others.items():
        yield Finding("bad", str(path), Said("mode {mode} lets others at this key; expected 0600", mode=f"{mode:04o}"))
    if sound := len(modes) - len(open_to_others):
        yield Finding("ok", Said("{sound} keys", sound=sound), "only their owner can read them")


def of_contract(here: Sequence[str], in_force: str) -> Finding:
    """Return a node without the contract in force endorses nothing. here: the versions that are installed."""
    if in_force in here:
        return Finding("ok", "contract", Said("{in_force} is in force and installed", in_force=in_force[:12]))
    has = ", ".join(each[:12] for each in here)
    return Finding(
        "bad",
        "contract",
        Said(
            "{in_force} is in force, and installed are {has}: install a newer release", in_force=in_force[:12], has=has
        ),
    )


def of_nodes_contracts(told: Mapping[str, Versions | Said], in_force: str | None) -> Iterator[Finding]:
    """Which organisations' nodes lack the contract in force."""
    for organisation, each in told.items():
        if in_force is not None and isinstance(each, Versions) and in_force not in each.contracts:
            what = Said("has no contract {in_force}, which is in force: it endorses nothing", in_force=in_force[:12])
            yield Finding("bad", Said("{organisation}-contract", organisation=organisation), what)


def of_endorsers(organisations: Collection[str], endorsers: Sequence[Collection[str]]) -> Iterator[Finding]:
    """endorsers: of each of the last transactions, who signed it. Gateways pass over a contract that answers otherwise.

    With three of four to sign, who is at work has long been among those who signed the last 30.
    """
    if len(endorsers) < _TELLING_TRANSACTIONS:
        return
    for organisation in organisations:
        if not any(organisation in signed for signed in endorsers):
            what = Said(
                "has endorsed none of the last {count} transactions: it was down, or answers differently",
                count=len(endorsers),
            )
            yield Finding("bad", Said("{organisation}-contract", organisation=organisation), what)


def of_versions(told: Mapping[str, Versions | Said]) -> Iterator[Finding]:
    """told: by organisation, what its node runs, or why it does not say.

    Other releases and libraries are told, for one could err; which contract is in force decides `of_nodes_contracts`.
    """
    known = {organisation: each for organisation, each in told.items() if isinstance(each, Versions)}
    for organisation, each in told.items():
        if isinstance(each, Said):
            yield Finding(
                "warn",
                Said("{organisation}-contract", organisation=organisation),
                Said("does not say what it runs: {why}", why=each),
            )
    differing = False
    for name in _COMPARED:
        having: dict[str, list[str]] = {}
        for organisation, versions in known.items():
            having.setdefault(_compared(name, getattr(versions, name)), []).append(organisation)
        if len(having) > 1:
            differing = True
            who = ", ".join(f"{value} ({', '.join(organisations)})" for value, organisations in having.items())
            yield Finding("warn", Said("versions: {name}", name=name), Said("the nodes differ: {who}", who=who))
    if known and not differing:
        first = next(iter(known.values()))
        listed = ", ".join(f"{name} {_compared(name, getattr(first, name))}" for name in _COMPARED)
        yield Finding("ok", "versions", Said("alike at {names}: {listed}", names=", ".join(known), listed=listed))


def _compared(name: str, value: str) -> str:
    """Of Python the minor version, of the contract what people read of it."""
    return ".".join(value.split(".")[:2]) if name == "python" else value[:12] if name == "contract" else value


def _of_binaries() -> Finding:
    try:
        fabric = find_fabric()
    except NetworkFault as fault:
        return Finding("bad", "Fabric", fault.said)
    return Finding("ok", "Fabric", Said("{version} in {bin}", version=fabric.version, bin=fabric.bin))


def _trouble(node: Node, up: bool) -> dict[int, Said]:
    tried = {port: why_taken(host, port) for host, port in node.ports.values()}
    if up:  # then each is taken, by the node itself
        return {port: Said("nothing listens there yet") for port, why in tried.items() if why is None}
    return {port: why for port, why in tried.items() if why is not None}


def _of_certificates(paths: Iterable[Path], now: datetime) -> Iterator[Finding]:
    found: dict[bytes, Certificate] = {}  # an authority's certificate has copies beside each node
    for path in paths:
        try:
            certificate = read_certificate(path)
        except KeyFault as fault:
            yield Finding("bad", "certificate", fault.said)
            continue
        dates = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        found.setdefault(certificate.fingerprint(SHA256()), Certificate(path, *dates))
    yield from of_certificates(found.values(), now)


def _files(directory: Path) -> Iterator[Path]:
    """In order of name, without what the nodes store."""
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if name != "data")
        yield from (Path(folder) / name for name in sorted(names))


def _holds_a_key(path: Path) -> bool:
    return path.suffix == ".key" or path.parent.name == "keystore"
