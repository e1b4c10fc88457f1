from collections.abc import Callable, Sequence

from msgspec.structs import replace

from lxr.chaincode.envelope import Envelope, encode_envelope
from lxr.chaincode.founding import EMBEDDED, Found
from lxr.chaincode.governance import Propose
from lxr.chaincode.read_ahead import foreseen
from lxr.network.consortium import Consortium
from lxr.node.fabric.answers import ACCEPTED
from lxr.node.fabric.service.decide import Trust, decide
from lxr.node.fabric.service.read_ahead import ReadAhead

AT_MS = 1_788_220_800_000
Sealed = Callable[..., Envelope]
Founds = Callable[..., Found]
Proposes = Callable[..., Propose]


class Asked(dict[str, bytes]):
    """A Reader that notes each request."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[list[str]] = []

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        self.requests.append(list(keys))
        return [self.get(key) for key in keys]


def test_an_accepted_command_asks_once_for_what_all_read_and_once_for_its_own(
    consortium: Consortium, sealed: Sealed, founded: Founds, propose: Proposes
) -> None:
    state, trust = Asked(), Trust(consortium.roots(), True, EMBEDDED, "7" * 64)
    state.update(decide(state, trust, AT_MS, encode_envelope(sealed(founded()))).writes)
    state.requests.clear()
    envelope = sealed(propose(1))
    assert ACCEPTED == decide(state, trust, AT_MS, encode_envelope(envelope)).status
    assert [["contract", *foreseen(encode_envelope(envelope))], ["proposal/PUNION-1"]] == state.requests
    assert ["contract", "genesis", "clock", "revocation", "request"] == [key.split("/")[0] for key in state.requests[0]]


def test_of_an_envelope_that_is_none_only_what_admission_needs_is_foreseen(sealed: Sealed, propose: Proposes) -> None:
    envelope = sealed(propose(1))
    certificate = replace(envelope, payload=envelope.payload.replace(b"BEGIN", b"BEGUN"))
    request = replace(envelope, payload=envelope.payload.replace(b"request-1", b"../../../"))
    unreadable = replace(envelope, payload=b"{")
    for broken in (certificate, request, unreadable):
        assert ["genesis", "clock"] == foreseen(encode_envelope(broken))


def test_no_key_is_asked_for_twice() -> None:
    state = Asked()
    state.update({"a": b"1", "b": b"2"})
    reader = ReadAhead(state, ["a", "none"])
    assert [b"2", b"1", None] == reader.get_many(["b", "a", "none"])
    assert [b"1", b"2"] == reader.get_many(["a", "b"])
    assert [["a", "none"], ["b"]] == state.requests
