"""The token in Solidity: `token/LXR.sol`, compiled by the npm compiler and played in a virtual machine."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from lxr.token.accounts import AccountKind, Reason, kind_of

ROOT: Final = Path(__file__).parents[2]
COMPILER: Final = ROOT / "scripts" / "solc" / "solc"
SOURCES: Final = (ROOT / "token" / "LXR.sol", ROOT / "tests" / "token" / "Replay.sol")
INSTALL: Final = "npm ci --prefix scripts/solc"
"""What makes the compiler run; it needs Node.js."""

GAS: Final = 29_000_000
ACCOUNT: Final = "(uint8,bytes32)"


class Move(NamedTuple):
    """One movement; the amount may be anything."""

    source: str
    target: str
    reason: Reason
    amount_fen: int


class Post(NamedTuple):
    """Several movements at once."""

    moves: tuple[Move, ...]


class Attest(NamedTuple):
    """A deposit that the bank attests ahead of its statement."""

    booking: str
    owner: str
    amount_fen: int


class Book(NamedTuple):
    """A deposit's line on a statement."""

    booking: str
    owner: str
    amount_fen: int


Operation = Post | Attest | Book


class Step(NamedTuple):
    """What an operation led to. code: of its refusal, 0 if it was accepted. balances_fen: of the watched accounts."""

    code: int
    minted_fen: int
    burned_fen: int
    balances_fen: tuple[int, ...]


def compiler_is_there() -> bool:
    """Whether the compiler has been installed, and what runs it."""
    return shutil.which("node") is not None and (COMPILER.parent / "node_modules" / "solc").is_dir()


class SolidityToken:
    """Plays operations on a new token each time. Importing and compiling takes seconds: once for all tests."""

    def __init__(self) -> None:
        from eth_tester import EthereumTester, PyEVMBackend  # type: ignore[import-untyped]

        self._chain: Final[Any] = EthereumTester(PyEVMBackend())
        self._sender: Final[str] = self._chain.get_accounts()[0]
        sent = self._chain.send_transaction({"from": self._sender, "data": _compiled(), "gas": GAS})
        self._replay: Final[str] = self._chain.get_transaction_receipt(sent)["contract_address"]

    def play(self, operations: Sequence[Operation], watched: Sequence[str]) -> list[Step]:
        """What each operation leads to, from nothing on."""
        calls = [_call_of(operation) for operation in operations]
        steps = self._call(
            f"play(bytes[],{ACCOUNT}[])",
            ["bytes[]", f"{ACCOUNT}[]"],
            [calls, [_account(name) for name in watched]],
            "(uint8,uint256,uint256,uint256[])[]",
        )
        return [Step(*step) for step in steps]

    def edges(self) -> list[bool]:
        """For every payer, payee and reason, in this order and that of their enumerations: is it allowed?"""
        return list(self._call("edges()", [], [], "bool[]"))

    def _call(self, signature: str, types: list[str], values: list[Any], answer: str) -> Any:
        from eth_abi.abi import decode

        data = "0x" + _data(signature, types, values).hex()
        answered = self._chain.call({"from": self._sender, "to": self._replay, "data": data, "gas": GAS})
        return decode([answer], bytes.fromhex(answered.removeprefix("0x")))[0]


def _compiled() -> str:
    """The creation code of the replaying contract, which holds that of the token. Raises SolcError."""
    from solcx import compile_standard

    compiled = compile_standard(
        {
            "language": "Solidity",
            "sources": {path.name: {"content": path.read_text()} for path in SOURCES},
            "settings": {
                "optimizer": {"enabled": True},
                "evmVersion": "cancun",
                "outputSelection": {"Replay.sol": {"Replay": ["evm.bytecode.object"]}},
            },
        },
        solc_binary=COMPILER,
    )
    warnings = [error["formattedMessage"] for error in compiled.get("errors", [])]
    assert [] == warnings
    return "0x" + str(compiled["contracts"]["Replay.sol"]["Replay"]["evm"]["bytecode"]["object"])


def _call_of(operation: Operation) -> bytes:
    match operation:
        case Post(moves):
            postings = [
                (_account(move.source), _account(move.target), [*Reason].index(move.reason), move.amount_fen)
                for move in moves
            ]
            types = [f"({ACCOUNT},{ACCOUNT},uint8,int256)[]"]
            return _data(f"post({types[0]})", types, [postings])
        case Attest(booking, owner, amount_fen) | Book(booking, owner, amount_fen):
            name = type(operation).__name__.lower()
            types = ["bytes32", ACCOUNT, "int256"]
            return _data(f"{name}({','.join(types)})", types, [booking.encode(), _account(owner), amount_fen])


def _account(name: str) -> tuple[int, bytes]:
    return [*AccountKind].index(kind_of(name)), name.partition(":")[2].encode()


def _data(signature: str, types: list[str], values: list[Any]) -> bytes:
    from eth_abi.abi import encode
    from eth_utils.abi import function_signature_to_4byte_selector

    return function_signature_to_4byte_selector(signature) + encode(types, values)
