-- Stock that is promised and stock that is gone. Of each product, available + reserved + sold changes only when an admin
-- counts the shelf anew. The checks hold whatever the program does.
ALTER TABLE stock
    ADD COLUMN reserved integer NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    ADD COLUMN sold     bigint  NOT NULL DEFAULT 0 CHECK (sold >= 0);

CREATE TABLE reservations (
    id          uuid        PRIMARY KEY,
    order_ref   text        CHECK (char_length(order_ref) BETWEEN 1 AND 100),
    state       text        NOT NULL CHECK (state IN ('held', 'committed', 'released', 'expired')),
    total_minor bigint      NOT NULL CHECK (total_minor >= 0),
    currency    text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    expires_at  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);

-- What the search for expired ones walks along.
CREATE INDEX reservations_by_expiry ON reservations (expires_at) WHERE state = 'held';
CREATE INDEX reservations_by_order ON reservations (order_ref);

CREATE TABLE reservation_items (
    reservation_id uuid    NOT NULL REFERENCES reservations (id) ON DELETE CASCADE,
    product_id     uuid    NOT NULL REFERENCES products (id),
    quantity       integer NOT NULL CHECK (quantity > 0),
    -- Of one piece, when it was reserved: what the customer was shown.
    price_minor    bigint  NOT NULL CHECK (price_minor >= 0),
    PRIMARY KEY (reservation_id, product_id)
);

CREATE INDEX reservation_items_by_product ON reservation_items (product_id);

-- What was answered to each Idempotency-Key. A row is written together with the effect that it stands for.
CREATE TABLE answers (
    key         text        PRIMARY KEY,
    -- SHA-256 of what was asked for.
    fingerprint bytea       NOT NULL,
    status      smallint,
    body        text,
    created_at  timestamptz NOT NULL DEFAULT now()
);
