"""URLs of mail servers: which server, and how it is spoken to.

Source: RFC 8314 (465 is TLS from the first byte, 587 STARTTLS).
"""

import pytest

from domain.mail_handover import MailServer, Security, read_mail_server


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://mail.example.com", "mail.example.com", 587, "starttls"),
        ("smtp://mail.example.com:25", "mail.example.com", 25, "starttls"),
        ("SMTP://Mail.Example.com:25/", "mail.example.com", 25, "starttls"),
        ("smtps://mail.example.com", "mail.example.com", 465, "tls"),
        ("smtps://127.0.0.1:2465", "127.0.0.1", 2465, "tls"),
        ("smtp://localhost:25", "localhost", 25, "none"),
        ("smtp://127.1.2.3:25", "127.1.2.3", 25, "none"),
        ("smtp://[::1]:25", "::1", 25, "none"),
        ("smtp://localhost:25?starttls=on", "localhost", 25, "starttls"),
        ("smtp://relay.internal:25?starttls=off", "relay.internal", 25, "none"),
        ("smtp://10.0.0.1:25", "10.0.0.1", 25, "starttls"),
    ],
)
def test_a_url_says_how_a_server_is_spoken_to(
    url: str, host: str, port: int, security: Security
) -> None:
    assert read_mail_server(url) == MailServer(host=host, port=port, security=security)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "like smtp://"),
        ("mail.example.com:25", "like smtp://"),
        ("https://mail.example.com", "like smtp://"),
        ("smtp://", "like smtp://"),
        ("smtp://user:secret@mail.example.com", "credential"),
        ("smtp://mail.example.com/inbox", "path"),
        ("smtp://mail.example.com#a", "path"),
        ("smtp://mail.example.com?starttls=maybe", "starttls"),
        ("smtps://mail.example.com?starttls=off", "starttls"),
        ("smtp://mail.example.com:0", "port"),
        ("smtp://mail.example.com:99999", "."),
        ("smtp://[::1", "."),
        ("smtp://mail example.com", "spaces"),
        ("smtp://mail.example.com\r\nQUIT", "spaces"),
    ],
)
def test_what_is_no_url_of_a_server_says_why(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        read_mail_server(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "is_hidden"),
    [
        ("smtp://localhost:25", True),
        ("smtps://mail.example.com", True),
        ("smtp://mail.example.com", True),
        ("smtp://mail.example.com?starttls=off", False),
    ],
)
def test_a_password_is_shown_only_where_nobody_listens(url: str, is_hidden: bool) -> None:
    assert read_mail_server(url).hides_passwords == is_hidden
