"""An organisation's admin, as Fabric's tools know one, for as long as the tools are at work."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lxr.network.consortium import Consortium
from lxr.network.fabric.certificates import write_plain_key
from lxr.network.fabric.msp import write_member_msp
from lxr.network.fabric.nodes import described
from lxr.network.keyfile import write_atomically


@contextmanager
def admins(consortium: Consortium, passphrase: bytes) -> Iterator[dict[str, Path]]:
    """Organisation → MSP directory of its admin. Their keys lie there in the clear, for the tools know no passphrase,
    and are gone at the end.

    Raises KeyFault: wrong passphrase, a key or certificate missing.
    """
    with tempfile.TemporaryDirectory(prefix="lxr-admins.") as directory:  # made with mode 0700
        found: dict[str, Path] = {}
        for organisation in described(consortium).nodes:
            identity = consortium.identity(organisation, "admin", passphrase=passphrase)
            found[organisation] = Path(directory) / organisation
            certificate_path, key_path = write_member_msp(found[organisation], consortium.org_dir(organisation))
            write_plain_key(key_path, identity.private_key)
            write_atomically(certificate_path, identity.certificate_pem.encode())
        yield found
