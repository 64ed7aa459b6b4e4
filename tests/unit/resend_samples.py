"""What Resend posts of a mail that came in.

Source: https://resend.com/docs/webhooks/emails/received.
"""

from typing import Any

ID = "56761188-7520-42d8-8898-ff6fc54ce618"
RECEIVED: dict[str, Any] = {
    "type": "email.received",
    "created_at": "2026-02-22T23:41:12.126Z",
    "data": {
        "email_id": ID,
        "created_at": "2026-02-22T23:41:11.894719+00:00",
        "from": "Acme <onboarding@resend.dev>",
        "to": ["help@example.com"],
        "received_for": ["Sales@example.com", "forwarded@example.net"],
        "bcc": [],
        "cc": [],
        "message_id": "<2@mail.example.com>",
        "subject": "Sending this example",
        "attachments": [
            {"id": "2a0c9ce0", "filename": "avatar.png", "content_type": "image/png",
                "content_disposition": "inline", "content_id": "img001"}
        ],
    },
}  # fmt: skip
