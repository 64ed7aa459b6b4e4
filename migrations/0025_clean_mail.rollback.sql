-- Both are derived: mail is cleaned when it is shown then.
DROP TABLE changes_set_aside;
DROP TABLE clean_bodies;
DELETE FROM outbox_cursors WHERE consumer = 'mail';
