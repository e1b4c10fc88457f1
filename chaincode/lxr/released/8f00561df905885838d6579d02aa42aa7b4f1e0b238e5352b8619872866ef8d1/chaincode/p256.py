"""Keys and signatures on the curve P-256 (FIPS 186-5, SP 800-186), each in one encoding that is checked here.

What libraries would let pass of other encodings differs between them, so it is never left to them.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

ORDER: Final = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
_PRIME: Final = 0xFFFFFFFF_00000001_00000000_00000000_00000000_FFFFFFFF_FFFFFFFF_FFFFFFFF
_B: Final = 0x5AC635D8_AA3A93E7_B3EBBD55_769886BC_651D06B0_CC53B0F6_3BCE3C3E_27D2604B
_ECDSA: Final = ec.ECDSA(Prehashed(SHA256()))


def public_key(point: bytes) -> ec.EllipticCurvePublicKey | None:
    """The key at this point, compressed (33 bytes) or not (65); None where it is no point of the curve (SEC 1, 2.3)."""
    x, y = int.from_bytes(point[1:33]), int.from_bytes(point[33:])
    if x >= _PRIME or y >= _PRIME:
        return None
    compressed = len(point) == 33 and point[0] in (2, 3)
    if not compressed and not (len(point) == 65 and point[0] == 4 and (y * y - x * x * x + 3 * x - _B) % _PRIME == 0):
        return None
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:  # a compressed point whose x no point has
        return None


def numbers_of(signature: bytes) -> tuple[int, int] | None:
    """The numbers (r, s) of a signature; None where they are out of range, or not in the one encoding of DER."""
    size = len(signature)
    if not 8 <= size <= 72 or signature[0] != 0x30 or signature[1] != size - 2 or signature[2] != 2:
        return None
    middle = 4 + signature[3]
    if middle + 2 > size or signature[middle] != 2 or middle + 2 + signature[middle + 1] != size:
        return None
    r, s = _number(signature[4:middle]), _number(signature[middle + 2 :])
    return (r, s) if 0 < r < ORDER and 0 < s < ORDER else None


def verify(key: ec.EllipticCurvePublicKey, signature: bytes, digest: bytes) -> bool:
    """Whether the key made this signature over a message with this SHA-256."""
    if numbers_of(signature) is None:
        return False
    try:
        key.verify(signature, digest, _ECDSA)
    except InvalidSignature:
        return False
    return True


def _number(content: bytes) -> int:
    """A positive number in its shortest form; 0 for every other content."""
    if not content or content[0] & 0x80 or (len(content) > 1 and content[0] == 0 and not content[1] & 0x80):
        return 0
    return int.from_bytes(content)
