"""Seals the secrets of channels and hooks, so that a copy of the database gives none away.

Each value is bound to its place: one that was moved to another of them does not open there. Knows
the keys it is given; neither where they come from nor where the bytes are kept.
"""

import secrets as random_bytes
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import OperatorError

# A sealed value: this byte, the key's id, the nonce, then what AES-256-GCM makes. Values of before
# version 0.3 are Fernet's, which begin with another byte and name neither key nor place.
_VERSION = b"\x02"
_ID_BYTES, _NONCE_BYTES = 8, 12
_OF_ID, _OF_KEY = b"inlet sealing key id", b"inlet channel secrets, AES-256-GCM"
_OF_FERNET = b"inlet channel secrets"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPlace:
    """Where a sealed value lies: it opens nowhere else. A channel holds it, or a hook."""

    customer_id: int
    holder_id: str
    column: Literal["secrets", "credential", "hook_secrets"]

    @property
    def bound(self) -> bytes:
        """Write the place as it is authenticated with the value."""
        return msgspec.json.encode([self.customer_id, self.holder_id, self.column])


class _Key:
    """What is derived from one secret key."""

    __slots__ = ("aead", "fernet", "id")

    def __init__(self, secret_key: str) -> None:
        self.id = _derived(secret_key, _OF_ID, _ID_BYTES)
        self.aead = AESGCM(_derived(secret_key, _OF_KEY, 32))
        self.fernet = Fernet(urlsafe_b64encode(_derived(secret_key, _OF_FERNET, 32)))


class Sealer:
    """Seal with the newest key; open with any.

    `read_again` gives the keys of this moment, newest first: what another process sealed with a
    newer key opens here too. Keys that were known stay known: what was read before opens after.
    """

    def __init__(
        self,
        secret_key: str,
        older: Sequence[str] = (),
        read_again: Callable[[], Sequence[str]] | None = None,
    ) -> None:
        self._texts: Sequence[str] = (secret_key, *older)
        self._keys = [_Key(text) for text in self._texts]
        self._read_again = read_again

    def seal(self, secrets: Sequence[str], place: SealedPlace) -> bytes:
        """Encrypt and authenticate a list for its place, order kept."""
        newest, nonce = self._keys[0], random_bytes.token_bytes(_NONCE_BYTES)
        plain = msgspec.json.encode(list(secrets))
        return _VERSION + newest.id + nonce + newest.aead.encrypt(nonce, plain, place.bound)

    def open(self, sealed: bytes | None, place: SealedPlace) -> tuple[str, ...]:
        """Give back what was sealed for this place; None holds no secrets.

        Raises: OperatorError when another key sealed it, or for another place, or the bytes were
        changed.
        """
        if sealed is None:
            return ()
        plain = self._opened(sealed, place)
        if plain is None and self.has_other_keys():
            plain = self._opened(sealed, place)
        if plain is None:
            raise OperatorError("SECRET_KEY does not open these secrets: another key sealed them")
        return msgspec.json.decode(plain, type=tuple[str, ...])

    def is_newest(self, sealed: bytes) -> bool:
        """Say whether the newest key sealed it, for its place."""
        return sealed.startswith(_VERSION + self._keys[0].id)

    def derived(self, purpose: bytes) -> tuple[bytes, ...]:
        """Derive a key for another purpose from each secret key, the newest first."""
        return tuple(_derived(text, purpose, 32) for text in self._texts)

    def has_other_keys(self) -> bool:
        """Read the keys again; say whether they are others than before."""
        if self._read_again is None:
            return False
        current = self._read_again()
        texts = (*current, *(text for text in self._texts if text not in current))
        if texts == tuple(self._texts):
            return False
        self._texts, self._keys = texts, [_Key(text) for text in texts]
        return True

    def _opened(self, sealed: bytes, place: SealedPlace) -> bytes | None:
        for key in self._keys:
            try:
                if not sealed.startswith(_VERSION):
                    return key.fernet.decrypt(sealed)
                if sealed.startswith(key.id, 1):
                    head = 1 + _ID_BYTES + _NONCE_BYTES
                    return key.aead.decrypt(
                        sealed[head - _NONCE_BYTES : head], sealed[head:], place.bound
                    )
            except (InvalidToken, InvalidTag, ValueError):
                continue
        return None


def _derived(secret_key: str, purpose: bytes, length: int) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose)
    return derive.derive(secret_key.encode())
