-- Mail that older rules kept clean is cleaned anew by a chore, the newest first.

ALTER TABLE clean_bodies ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN clean_bodies.created_at IS 'When it was first kept, by the database clock.';

CREATE INDEX clean_bodies_by_cleaning ON clean_bodies (cleaning, created_at);
