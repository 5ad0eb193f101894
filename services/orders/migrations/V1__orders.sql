-- What somebody wants to buy. The row of a cart is what its changes and its checkout take turns at.
CREATE TABLE carts (
    user_id    uuid        PRIMARY KEY,
    -- Goes up with every change.
    version    bigint      NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE cart_items (
    user_id    uuid        NOT NULL REFERENCES carts (user_id) ON DELETE CASCADE,
    product_id uuid        NOT NULL,
    -- As it was called when it was put in; an order keeps it.
    name       text        NOT NULL,
    quantity   integer     NOT NULL CHECK (quantity BETWEEN 1 AND 100),
    added_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, product_id)
);

-- An order as its customer sees it. It is also what an Idempotency-Key stands for: of each key there is one order.
CREATE TABLE orders (
    id              uuid        PRIMARY KEY,
    user_id         uuid        NOT NULL,
    idempotency_key text        NOT NULL,
    -- Of what was asked for, by a key that is not in this database: the number of a card could be found from a plain hash.
    fingerprint     bytea       NOT NULL,
    state           text        NOT NULL CHECK (state IN ('pending', 'paid', 'failed', 'cancelling', 'cancelled')),
    -- What it was reserved at.
    total_minor     bigint      CHECK (total_minor >= 0),
    currency        text        CHECK (currency ~ '^[A-Z]{3}$'),
    reservation_id  uuid,
    payment_id      uuid,
    -- Why it fails or failed, for programs and for people.
    reason          text,
    detail          text,
    -- What was missing, item by item, as products said it.
    missing         jsonb,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, idempotency_key),
    CHECK ((total_minor IS NULL) = (currency IS NULL)),
    CHECK (CASE state
        WHEN 'pending' THEN true
        WHEN 'failed'  THEN reason IS NOT NULL
        ELSE reason IS NULL AND total_minor IS NOT NULL AND reservation_id IS NOT NULL AND payment_id IS NOT NULL
    END)
);

-- Ids are UUIDs of version 7, which grow with time.
CREATE INDEX orders_by_user ON orders (user_id, id DESC);

CREATE TABLE order_items (
    order_id    uuid     NOT NULL REFERENCES orders (id),
    position    smallint NOT NULL,
    product_id  uuid     NOT NULL,
    name        text     NOT NULL,
    quantity    integer  NOT NULL CHECK (quantity > 0),
    -- Of one piece, in the order's currency.
    price_minor bigint   CHECK (price_minor >= 0),
    PRIMARY KEY (order_id, position)
);

CREATE TABLE order_history (
    order_id uuid        NOT NULL REFERENCES orders (id),
    number   bigint      GENERATED ALWAYS AS IDENTITY,
    state    text        NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    note     text,
    PRIMARY KEY (order_id, number)
);

-- Where the work on an order stands. There is work to do on it from `due_at` on; whoever does some puts `due_at` off first,
-- which is their lease, and nobody else takes it before. Every change by them names the lease, so that a process that
-- slept through its end changes nothing.
CREATE TABLE sagas (
    order_id    uuid        PRIMARY KEY REFERENCES orders (id),
    state       text        NOT NULL,
    lease       uuid,
    due_at      timestamptz,
    -- How often the step at hand was tried in vain.
    tries       integer     NOT NULL DEFAULT 0,
    -- How many of the requests of the step at hand have no answer that says what became of them.
    unanswered  integer     NOT NULL DEFAULT 0 CHECK (unanswered >= 0),
    -- Until the authorisation is decided, and no longer.
    card_number text,
    -- For how long stock is reserved: a part of the request, which must be the same when it is repeated.
    hold_seconds integer    NOT NULL,
    reserved_until timestamptz,
    -- Of the request that began this.
    request_id  text,
    traceparent text,
    began_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((due_at IS NULL) = (state IN ('paid', 'failed', 'cancelled'))),
    CHECK ((card_number IS NOT NULL) = (state IN ('reserving', 'authorising')))
);

CREATE INDEX sagas_by_due ON sagas (due_at) WHERE due_at IS NOT NULL;

-- What was asked of other services, written before it was, and what came of it, written together with where that led.
CREATE TABLE saga_steps (
    order_id    uuid        NOT NULL REFERENCES sagas (order_id),
    step        text        NOT NULL,
    -- Where the saga stood: returning stock belongs to a failure or to a cancellation.
    state       text        NOT NULL,
    -- Under which key it is asked, again and again.
    key         text        NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries       integer     NOT NULL DEFAULT 0,
    answered_at timestamptz,
    answer      text,
    note        text,
    PRIMARY KEY (order_id, state)
);
