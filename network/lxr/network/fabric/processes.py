"""Nodes as plain processes: started apart from their starter, found again by their pid file, stopped."""

import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from lxr.network.fabric import process_table
from lxr.network.fabric.commands import telling_line, without_fabric_settings
from lxr.network.fabric.faults import NetworkFault
from lxr.network.fabric.nodes import Node
from lxr.network.fabric.ports import why_taken
from lxr.network.keyfile import write_atomically
from lxr.node.said import Said

_START_S: Final = 60
_STOP_S: Final = 10
_POLL_S: Final = 0.02
_LOG_TAIL_BYTES: Final = 20_000
# The shell ends at once, so that the node is nobody's child whose end would go unnoticed. $0: its log.
_DETACHED: Final = 'umask 077; { exec "$@" </dev/null >>"$0" 2>&1; } & echo $!'


def start(node: Node, command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Start the node unless it runs. It outlives this process and its terminal. Does not wait until it serves.

    Raises NetworkFault: one of its ports cannot be listened on, as where another process has it; it cannot be started.
    """
    if pid_of(node) is not None:
        return
    for name, (host, port) in node.ports.items():
        if (why := why_taken(host, port)) is not None:
            raise NetworkFault(
                "{name}: cannot listen on port {port} of {host} ({service}): {why}",
                name=node.name,
                port=port,
                host=host,
                service=name,
                why=why,
            )
    try:
        shell = subprocess.run(
            ["/bin/sh", "-c", _DETACHED, str(node.log), *command],
            env=without_fabric_settings() | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise NetworkFault("{name}: cannot be started: {error}", name=node.name, error=error) from None
    pid = int(shell.stdout)
    write_atomically(_pid_file(node), f"{pid} {process_table.started(pid) or 'ended'}\n".encode())


def wait_until_serving(node: Node, tls_root: Path) -> None:
    """tls_root: of the authority that issued its TLS certificate.

    Raises NetworkFault: it has ended, or takes no connections within 60 s.
    """
    until = time.monotonic() + _START_S
    context = ssl.create_default_context(cafile=tls_root)
    if node.client.exists():
        context.load_cert_chain(node.client / "tls.crt", node.client / "tls.key")
    while not _takes_connections(node, context):
        if pid_of(node) is None:
            raise NetworkFault("{name} ended: {last_words}", name=node.name, last_words=last_words(node))
        if time.monotonic() > until:
            raise NetworkFault(
                "{name} does not listen on {address} after {start_s} s: {last_words}",
                name=node.name,
                address=node.address,
                start_s=_START_S,
                last_words=last_words(node),
            )
        time.sleep(_POLL_S)


def stop(nodes: Iterable[Node]) -> None:
    """Ask those that run to end, all at once, and end what has not ended after 10 s."""
    running = {node: pid for node in nodes if (pid := pid_of(node)) is not None}
    for pid in running.values():
        _signal(pid, signal.SIGTERM)
    until = time.monotonic() + _STOP_S
    while (running := {node: pid for node, pid in running.items() if pid_of(node) == pid}) and time.monotonic() < until:
        time.sleep(_POLL_S)
    for node, pid in running.items():
        _signal(pid, signal.SIGKILL)
        while pid_of(node) == pid:
            time.sleep(_POLL_S)


def pid_of(node: Node) -> int | None:
    """Return the node's process, if it runs. Its number alone would not do: systems give it to another one later."""
    try:
        number, _, started = _pid_file(node).read_text().strip().partition(" ")
    except FileNotFoundError:
        return None
    pid = int(number)
    return pid if process_table.started(pid) == started else None


def last_words(node: Node) -> Said:
    """Return the line of the node's log that says why it ended, and where the log is."""
    try:
        with node.log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_TAIL_BYTES))
            tail = file.read().decode(errors="replace")
    except FileNotFoundError:
        tail = ""
    words = telling_line(tail) or Said("it said nothing")
    return Said("{words} (log: {log})", words=words, log=node.log)


def _takes_connections(node: Node, context: ssl.SSLContext) -> bool:
    try:
        with socket.create_connection((node.host, node.port), timeout=1) as plain:
            context.wrap_socket(plain, server_hostname=node.host).close()
    except OSError:
        return False
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _pid_file(node: Node) -> Path:
    return node.directory / "pid"
