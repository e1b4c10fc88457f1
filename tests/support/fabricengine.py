"""The contract on Fabric, for the contract suite: one network, whose state is set anew for each test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from engines import A
from lxr.chaincode.caller import caller_of
from lxr.chaincode.command import Command, request_scope, requests
from lxr.chaincode.founding import geneses
from lxr.network.consortium import Consortium
from lxr.network.fabric import network
from lxr.network.fabric.connection import connection
from lxr.node.client import answer_of
from lxr.node.fabric.answers import READ, SCAN, Page, decode_page, decode_values, encode_keys
from lxr.node.fabric.client.faults import GatewayFault
from lxr.node.fabric.client.proposals import propose
from lxr.node.fabric.client.sending import Sender, Sent
from lxr.node.sealing import Identity, seal
from lxr.token.refusal import Refusal
from resettable_service import RESET, encode_state
from waiting import eventually


class FabricEngine:
    """See `engines.Engine`. Commands go through the real client, peers, orderers and services of a network."""

    def __init__(self, consortium: Consortium, identity: Callable[[str], Identity]) -> None:
        self._connection: Final = connection(consortium, "union")
        self._sender: Final = Sender(self._connection)
        self._gateway: Final = self._sender.peers.of("union")
        self._identity: Final = identity
        self._ledger_id = ""
        self._wanted: bytes | None = None

    def reset(self, state: Mapping[str, bytes]) -> None:
        """Make this the state, and nothing else, before the next question or command."""
        self._ledger_id = geneses.decode(state[geneses.key()]).ledger
        self._wanted = encode_state(dict(state))

    def _reset(self) -> None:
        if self._wanted is None:
            return
        prepared = self._gateway.endorse(propose(self._connection, RESET, [self._wanted]))
        self._gateway.submit(prepared)
        assert "VALID" == self._gateway.commit_status(prepared.fabric_tx_id).code
        self._wanted = None

    def submit(self, caller: str, command: Command[A], at_ms: int) -> A:
        self._reset()
        identity = self._identity(caller)
        outcome = self._sender.send(
            seal(command, self._ledger_id, identity.certificate_pem, identity.private_key, at_ms)
        )
        if isinstance(outcome, Refusal):
            raise outcome
        if isinstance(outcome, Sent):
            self._wait_for(outcome.block)
            return answer_of(type(command), outcome.result)
        first = self.read(requests.key(request_scope(caller_of(identity.certificate_pem)), command.request_id))
        assert first is not None
        return answer_of(type(command), bytes(requests.decode(first).result))

    def _wait_for(self, block: int) -> None:
        """The commit may have been told by another organisation's peer, if one's own was slow."""
        there = eventually(lambda: self._gateway.height() > block)
        assert there, f"block {block} does not reach the union's peer"

    def read(self, key: str) -> bytes | None:
        self._reset()
        (value,) = decode_values(self._gateway.evaluate(READ, [encode_keys([key])], ["union"]))
        return value

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        self._reset()
        after = ""
        while page := self._page(prefix, after):
            yield from page
            after = page[-1][0]

    def serial(self, caller: str) -> str:
        return caller_of(self._identity(caller).certificate_pem).serial

    def close(self) -> None:
        """End the connections."""
        self._sender.peers.close()

    def _page(self, prefix: str, after: str) -> Page:
        answer = self._gateway.evaluate(SCAN, [prefix.encode(), after.encode()], ["union"])
        page: Page = decode_page(answer)
        return page


@contextmanager
def replaced_services(consortium: Consortium, program: Path, organisations: tuple[str, ...]) -> Iterator[None]:
    """Run another program in place of these organisations' contract services, from the same configuration."""
    pids = {node.organisation: node.pid for node in network.status(consortium) if node.kind == "contract"}
    running = []
    try:
        for organisation in organisations:
            pid = pids[organisation]
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)  # until the ports are free
        for organisation in organisations:
            contract = consortium.nodes_dir(organisation) / "contract"
            with (contract / "log").open("ab") as log:
                command = [sys.executable, str(program), str(contract / "service.toml")]
                running.append(subprocess.Popen(command, stderr=log, start_new_session=True))
        _wait_until_answering(consortium, organisations)
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def _answers(sender: Sender, organisation: str) -> bool:
    try:
        sender.peers.of(organisation).evaluate(SCAN, [b"", b""], [organisation])
    except GatewayFault:
        return False
    return True


def _wait_until_answering(consortium: Consortium, organisations: tuple[str, ...]) -> None:
    for organisation in organisations:
        sender = Sender(connection(consortium, organisation))
        answers = eventually(partial(_answers, sender, organisation))
        assert answers, f"the contract of {organisation} does not answer"
        sender.peers.close()
