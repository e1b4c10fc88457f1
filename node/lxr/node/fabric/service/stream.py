"""The stream between a peer and its contract: the peer sends transactions, and each of them asks it for state.

Protocol: chaincode_shim.proto of hyperledger-fabric-protos; the peer's side is Fabric's core/chaincode/handler.go.
"""

from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Lock
from typing import Any, Final

from fabric_protos.ledger.queryresult.kv_query_result_pb2 import KV
from fabric_protos.peer import chaincode_shim_pb2 as shim
from fabric_protos.peer.chaincode_event_pb2 import ChaincodeEvent
from fabric_protos.peer.chaincode_pb2 import ChaincodeAdditionalParams, ChaincodeID, ChaincodeInput
from fabric_protos.peer.proposal_response_pb2 import Response
from google.protobuf.message import DecodeError

from lxr.node.fabric.answers import PAGE_KEYS, Page, Values
from lxr.node.fabric.service.decide import Answer, StateFault, failed

Message = Any
"""A ChaincodeMessage: protobuf makes its classes at run time."""

MAX_MESSAGE_BYTES: Final = 100 * 1024 * 1024
"""The peer's own limit: a longer message ends the stream, and with it every transaction on it."""
_MAX_PAYLOAD_BYTES: Final = 64 * 1024 * 1024
PAGE_FULL_BYTES: Final = 8 * 1024 * 1024
"""A page that holds this much takes no further key."""

_FIRST_KEY: Final = "\x01"  # what Fabric's own shims put for none: keys from \x00 on are composite ones
_LAST: Final = "\U0010ffff"
_M: Final = shim.ChaincodeMessage


class ProtocolFault(Exception):
    """The peer sent what has no place here: the stream cannot go on."""


class Transaction:
    """One transaction that the peer has asked for. Not for several threads: one request is outstanding at a time.

    Its methods raise StateFault: the peer answered with an error, or the stream has ended.
    """

    def __init__(self, stream: "Stream", channel: str, tx_id: str, args: Sequence[bytes]) -> None:
        self.tx_id: Final = tx_id
        """Fabric's, not that of the envelope."""
        self.args: Final = args
        self.reads = 0
        self.keys_read = 0
        self.responses: Final[SimpleQueue[Message | None]] = SimpleQueue()
        self._stream: Final = stream
        self._channel: Final = channel

    def get_many(self, keys: Sequence[str]) -> Values:
        """Return the values under the keys, in their order; None where there is none."""
        _check_keys(keys)
        size = self._stream.read_batch
        self.keys_read += len(keys)
        values: list[bytes] = []
        for start in range(0, len(keys), size):
            some = keys[start : start + size]
            self.reads += 1
            if size == 1:
                values.append(self._ask(_M.GET_STATE, shim.GetState(key=some[0])))
            else:
                answer = self._ask(_M.GET_STATE_MULTIPLE, shim.GetStateMultiple(keys=some))
                values += _parsed(shim.GetStateMultipleResult, answer).values
        if len(values) != len(keys):
            raise StateFault(f"the peer gave {len(values)} values for {len(keys)} keys")
        return [value or None for value in values]

    def put_many(self, writes: Sequence[tuple[str, bytes]]) -> None:
        """Write values under keys. An empty value would be read as none, so it is no value."""
        _check_keys([key for key, _ in writes])
        if not all(value for _, value in writes):
            raise StateFault("an empty value is not written")
        size = self._stream.write_batch
        for start in range(0, len(writes), size):
            some = writes[start : start + size]
            if size == 1:
                self._ask(_M.PUT_STATE, shim.PutState(key=some[0][0], value=some[0][1]))
            else:
                put = shim.WriteRecord.PUT_STATE
                records = [shim.WriteRecord(type=put, key=key, value=value) for key, value in some]
                self._ask(_M.WRITE_BATCH_STATE, shim.WriteBatchState(rec=records))

    def page(self, prefix: str, after: str) -> Page:
        """Keys that begin so and come after that one, with their values, sorted by key; none only at the end.

        At most PAGE_KEYS, and fewer where the values are long.
        """
        start, end = max(prefix, after), prefix and prefix + _LAST
        self.reads += 1
        answer = self._ask(_M.GET_STATE_BY_RANGE, shim.GetStateByRange(startKey=start or _FIRST_KEY, endKey=end))
        page: Page = []
        page_bytes = 0
        while True:
            response = _parsed(shim.QueryResponse, answer)
            found = [_parsed(KV, result.resultBytes) for result in response.results]
            page += [(each.key, each.value) for each in found if not after or each.key > after]
            page_bytes += len(answer)
            if not response.has_more:
                break  # the peer has closed it
            if len(page) >= PAGE_KEYS or (page and page_bytes >= PAGE_FULL_BYTES):
                self._ask(_M.QUERY_STATE_CLOSE, shim.QueryStateClose(id=response.id))
                break
            answer = self._ask(_M.QUERY_STATE_NEXT, shim.QueryStateNext(id=response.id))
        self.keys_read += len(page)
        return page[:PAGE_KEYS]

    def complete(self, answer: Answer) -> Answer:
        """Write what was accepted, and tell the peer. Raises nothing; gives what the peer was told."""
        try:
            self.put_many(answer.writes)
            if len(answer.payload) > _MAX_PAYLOAD_BYTES:
                answer = failed("the answer is too large to be sent")
        except StateFault as fault:
            answer = failed(str(fault))
        response = Response(status=answer.status, message=answer.message, payload=answer.payload)
        event = None
        if answer.event is not None:
            event = ChaincodeEvent(event_name=answer.event.name, payload=answer.event.payload)
        self._stream.close(self._channel, self.tx_id, self._message(_M.COMPLETED, response, event))
        return answer

    def _ask(self, kind: int, request: Message) -> bytes:
        if self._stream.ended:
            raise StateFault("the stream to the peer has ended")
        self._stream.send(self._message(kind, request))
        response = self.responses.get()
        if response is None:
            raise StateFault("the stream to the peer has ended")
        if response.type != _M.RESPONSE:
            raise StateFault(f"the peer answered: {response.payload.decode(errors='replace')}")
        payload: bytes = response.payload
        return payload

    def _message(self, kind: int, content: Message, event: Message = None) -> Message:
        payload = content.SerializeToString()
        return _M(type=kind, payload=payload, txid=self.tx_id, channel_id=self._channel, chaincode_event=event)


class Stream:
    """One stream: what comes is handed to `handle`, what goes is taken from `messages`, each by one thread.

    begin: called with every new transaction; must not wait for it.
    """

    def __init__(self, package_id: str, begin: Callable[[Transaction], None]) -> None:
        self.read_batch = 1
        """How many keys the peer gives at once."""
        self.write_batch = 1
        self.ended = False
        self._begin: Final = begin
        self._awaited: int | None = _M.REGISTERED
        self._transactions: Final[dict[tuple[str, str], Transaction]] = {}
        self._lock: Final = Lock()
        self._outgoing: Final[SimpleQueue[Message | None]] = SimpleQueue()
        self.send(_M(type=_M.REGISTER, payload=ChaincodeID(name=package_id).SerializeToString()))

    @property
    def busy(self) -> bool:
        """Whether it has transactions that are not answered yet."""
        with self._lock:
            return bool(self._transactions)

    def messages(self) -> Iterator[Message]:
        """Yield what is to be sent, in order, until the stream ends."""
        while (message := self._outgoing.get()) is not None:
            yield message

    def send(self, message: Message) -> None:
        """May be called by every thread: messages go one after the other."""
        self._outgoing.put(message)

    def close(self, channel: str, tx_id: str, answer: Message) -> None:
        """Send the last message of a transaction."""
        with self._lock:  # at once: who finds it gone may end the stream, and who has its answer may begin it again
            self._transactions.pop((channel, tx_id), None)
            self.send(answer)

    def end(self) -> None:
        """Nothing more goes or comes; transactions that wait for the peer fail. May be called again."""
        with self._lock:
            self.ended = True
            waiting = list(self._transactions.values())
        for transaction in waiting:
            transaction.responses.put(None)
        self._outgoing.put(None)

    def handle(self, message: Message) -> None:
        """Take one message of the peer. Raises ProtocolFault."""
        if message.type == _M.KEEPALIVE:
            self.send(message)
        elif self._awaited is not None:
            self._shake_hands(message)
        elif message.type == _M.TRANSACTION:
            self._start(message)
        elif message.type in (_M.RESPONSE, _M.ERROR):
            self._answered(message)
        else:
            raise ProtocolFault(f"unexpected message of type {message.type}")

    def _shake_hands(self, message: Message) -> None:
        if message.type != self._awaited:
            raise ProtocolFault(f"unexpected message of type {message.type} before the peer is ready")
        if message.type == _M.REGISTERED:
            self._awaited = _M.READY
            return
        self._awaited = None
        try:
            offered = ChaincodeAdditionalParams.FromString(message.payload)
        except DecodeError:
            return  # an older peer, which has no batches
        if offered.use_get_multiple_keys:
            self.read_batch = max(1, offered.max_size_get_multiple_keys)
        if offered.use_write_batch:
            self.write_batch = max(1, offered.max_size_write_batch)

    def _start(self, message: Message) -> None:
        try:
            args = tuple(ChaincodeInput.FromString(message.payload).args)
        except DecodeError:
            args = ()
        key = message.channel_id, message.txid
        transaction = Transaction(self, *key, args)
        with self._lock:
            is_new = not self.ended and key not in self._transactions
            if is_new:
                self._transactions[key] = transaction
        if is_new:
            self._begin(transaction)
        else:  # the peer gave the first one up: it must not get that one's answer for this one
            response = Response(status=500, message="the same transaction is being executed")
            self.send(_M(type=_M.COMPLETED, payload=response.SerializeToString(), txid=key[1], channel_id=key[0]))

    def _answered(self, message: Message) -> None:
        with self._lock:
            transaction = self._transactions.get((message.channel_id, message.txid))
        if transaction is not None:
            transaction.responses.put(message)


def _check_keys(keys: Sequence[str]) -> None:
    if not all(keys):  # the peer itself would take it
        raise StateFault("an empty key is no key")


def _parsed(kind: Any, data: bytes) -> Message:
    try:
        return kind.FromString(data)
    except DecodeError:
        raise StateFault("the peer's answer cannot be read") from None
