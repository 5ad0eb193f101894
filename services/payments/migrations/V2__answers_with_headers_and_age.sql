-- What the answers of every service have: the header fields of an answer as on the wire, and a way to find the old ones.
ALTER TABLE answers ADD COLUMN headers bytea NOT NULL DEFAULT '';

CREATE INDEX answers_by_age ON answers (created_at);
