-- Receipts that mail has: it bounced, was complained about, was opened, or a link in it was clicked.

ALTER TABLE message_receipts DROP CONSTRAINT message_receipts_status_check;
ALTER TABLE message_receipts
    ADD CONSTRAINT message_receipts_status_check CHECK (
        status IN (
            'queued', 'sent', 'delivered', 'read', 'failed', 'unknown', 'bounced',
            'complained', 'opened', 'clicked'
        )
    );
