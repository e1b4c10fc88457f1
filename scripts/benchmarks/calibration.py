"""How fast this machine is at this moment, so that figures of two days, or of two machines, can be compared."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.workload import timed

ITERATIONS: Final = 1_000_000
VERIFICATIONS: Final = 2_000
TRIES: Final = 5
"""The best of them counts: it was disturbed least."""


def calibration() -> dict[str, str | int]:
    """Return what stands among the conditions of every table."""
    return {
        "a million loop iterations (ms)": round(min(_loop_ms() for _ in range(TRIES))),
        "P-256 verifications on one core (1/s)": round(max(verifications_per_s(VERIFICATIONS) for _ in range(TRIES))),
    }


def verifications_per_s(count: int) -> float:
    """Return how many signatures over a short message this process verifies."""
    key, message, algorithm = ec.generate_private_key(ec.SECP256R1()), bytes(200), ec.ECDSA(SHA256())
    public, signature = key.public_key(), key.sign(message, algorithm)
    with timed() as took:
        for _ in range(count):
            public.verify(signature, message, algorithm)
    return count / took.s


def _loop_ms() -> float:
    total = 0
    with timed() as took:
        for number in range(ITERATIONS):
            total += number
    return 1_000 * took.s
