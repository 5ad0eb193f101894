-- A payment and what has become of its money. The checks hold whatever the program does: money is neither taken without
-- an authorisation nor given back without having been taken.
CREATE TABLE payments (
    id             uuid        PRIMARY KEY,
    order_ref      text        CHECK (char_length(order_ref) BETWEEN 1 AND 100),
    amount_minor   bigint      NOT NULL CHECK (amount_minor > 0),
    currency       text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- All that is kept of the card.
    card_last4     text        NOT NULL CHECK (card_last4 ~ '^[0-9]{4}$'),
    state          text        NOT NULL,
    decline        text        CHECK (decline IN ('declined', 'insufficient_funds', 'expired')),
    captured_minor bigint      NOT NULL DEFAULT 0,
    refunded_minor bigint      NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CHECK (0 <= refunded_minor AND refunded_minor <= captured_minor AND captured_minor <= amount_minor),
    CHECK ((decline IS NOT NULL) = (state = 'declined')),
    CHECK (CASE state
        WHEN 'authorised' THEN captured_minor = 0
        WHEN 'declined'   THEN captured_minor = 0
        WHEN 'voided'     THEN captured_minor = 0
        WHEN 'captured'   THEN captured_minor > 0 AND refunded_minor < captured_minor
        WHEN 'refunded'   THEN captured_minor > 0 AND refunded_minor = captured_minor
        ELSE false
    END)
);

CREATE INDEX payments_by_order ON payments (order_ref);

-- Every time that money moved, in order. The sums are those of the payment.
CREATE TABLE movements (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id   uuid        NOT NULL REFERENCES payments (id),
    kind         text        NOT NULL CHECK (kind IN ('capture', 'refund')),
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),
    at           timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX movements_by_payment ON movements (payment_id);

-- What was answered to each Idempotency-Key. A row is written together with the effect that it stands for.
CREATE TABLE answers (
    key         text        PRIMARY KEY,
    -- SHA-256 of the operation and what it was asked to do.
    fingerprint bytea       NOT NULL,
    status      smallint,
    body        text,
    created_at  timestamptz NOT NULL DEFAULT now()
);
