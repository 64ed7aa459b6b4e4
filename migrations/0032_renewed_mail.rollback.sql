DROP INDEX clean_bodies_by_cleaning;
ALTER TABLE clean_bodies DROP COLUMN created_at;
