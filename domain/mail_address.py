"""What is exactly one mail address, and its canonical form. Pure, linear, knows no header field.

The validator refuses addresses that exist and receive mail: with dots where none may be, or in
domains that newer rules for names forbid. They are addresses all the same, but not validated.
"""

import re
from unicodedata import normalize

import idna
from email_validator import EmailNotValidError, validate_email

_LONGEST_LOCAL = 250  # RFC 5321 has 64; forwarding and returned mail have more
_LONGEST_DOMAIN = 253
_LONGEST_LABEL = 63
_PLAIN_LOCAL = re.compile(r'[^\s"(),:;<>@\[\\\]\x00-\x1f\x7f-\x9f]+')
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029]|\\[ -~])*+"')
_QUOTED_PAIR = re.compile(r"\\(.)")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_LITERAL = re.compile(r"\[[0-9a-z.:]+\]")
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))


def canonical_mail_address(text: str) -> tuple[str, bool] | None:
    """Return the one form of a mail address and whether it is valid; None of what is none.

    Case is folded and domains are written in ASCII; dots and plus tags stay, for to fold them
    merges different people on most hosts.
    """
    try:
        valid = validate_email(text, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        local, _, domain = text.rpartition("@")
        return _found(local, domain)
    return f"{_fold(valid.local_part)}@{valid.ascii_domain.lower()}", True


def is_mail_address(value: str) -> bool:
    """Say whether a canonical value is exactly one address that mail can be sent to."""
    local, _, domain = value.rpartition("@")
    return _is_local(local) and _is_domain(domain)


def _found(local: str, domain: str) -> tuple[str, bool] | None:
    if _QUOTED_LOCAL.fullmatch(local):
        content = _QUOTED_PAIR.sub(r"\1", local[1:-1])
        local = content if _PLAIN_LOCAL.fullmatch(content) else local
    ascii_domain = _ascii(domain.translate(_DOTS))
    folded = _fold(local)
    if not _is_local(folded) or not _is_domain(ascii_domain):
        return None
    return f"{folded}@{ascii_domain}", False


def _is_local(local: str) -> bool:
    is_one = _PLAIN_LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)
    return is_one is not None and len(local) <= _LONGEST_LOCAL


def _is_domain(domain: str) -> bool:
    if not 0 < len(domain) <= _LONGEST_DOMAIN:
        return False
    if _LITERAL.fullmatch(domain):
        return True
    return all(
        len(label) <= _LONGEST_LABEL and _LABEL.fullmatch(label) for label in domain.split(".")
    )


def _ascii(domain: str) -> str:
    """Write a domain as it is looked up, label by label, by the newer rules or else the older."""
    return ".".join(map(_ascii_label, domain.lower().split(".")))


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    try:
        return idna.encode(label, uts46=True).decode()
    except UnicodeError:
        mapped = normalize("NFKC", normalize("NFKC", label).casefold())
        return mapped if mapped.isascii() else "xn--" + mapped.encode("punycode").decode().lower()


def _fold(local: str) -> str:
    """Fold case so that folding again changes nothing, which needs the decomposed form."""
    return normalize("NFC", normalize("NFD", local).casefold())
