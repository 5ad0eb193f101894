-- What was sold may come back: the state `returned` follows `committed`.
ALTER TABLE reservations
    DROP CONSTRAINT reservations_state_check,
    ADD CONSTRAINT reservations_state_check
        CHECK (state IN ('held', 'committed', 'released', 'expired', 'returned'));

-- What the answers of every service have: the header fields of an answer as on the wire, and a way to find the old ones.
ALTER TABLE answers ADD COLUMN headers bytea NOT NULL DEFAULT '';

-- The place of a reservation was not kept but made anew from its id.
UPDATE answers SET headers = convert_to('location: reservations/' || (body::jsonb ->> 'id') || E'\r\n', 'UTF8')
    WHERE status = 201;

CREATE INDEX answers_by_age ON answers (created_at);
