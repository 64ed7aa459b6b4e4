"""Seals channel secrets, so that a copy of the database gives none away.

Knows the one secret key it is given; neither where it comes from nor where the bytes are kept.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import OperatorError

_PURPOSE = b"inlet channel secrets"


class Sealer:
    """Seal and open lists of secrets with one key."""

    def __init__(self, secret_key: str) -> None:
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
        self._fernet = Fernet(urlsafe_b64encode(derive.derive(secret_key.encode())))

    def seal(self, secrets: Sequence[str]) -> bytes:
        """Encrypt and authenticate a list, order kept."""
        return self._fernet.encrypt(msgspec.json.encode(list(secrets)))

    def open(self, sealed: bytes | None) -> tuple[str, ...]:
        """Give back what was sealed; None holds no secrets.

        Raises: OperatorError when another key sealed it, or the bytes were changed.
        """
        if sealed is None:
            return ()
        try:
            plain = self._fernet.decrypt(sealed)
        except InvalidToken:
            raise OperatorError(
                "SECRET_KEY does not open this channel's secrets: another key sealed them"
            ) from None
        return msgspec.json.decode(plain, type=tuple[str, ...])
