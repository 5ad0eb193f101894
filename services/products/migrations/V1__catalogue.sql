-- A product as it is described to customers. Names sort byte by byte (COLLATE "C"), so that the order of a page does
-- not depend on the locale the database was made with.
CREATE TABLE products (
    id          uuid        PRIMARY KEY,
    name        text        COLLATE "C" NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    brand       text        NOT NULL CHECK (brand <> ''),
    category    text        NOT NULL CHECK (category <> ''),
    flavours    text[]      NOT NULL,
    servings    integer     NOT NULL CHECK (servings > 0),
    price_minor bigint      NOT NULL CHECK (price_minor >= 0),
    currency    text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    description text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- What `q` searches.
    search      text        NOT NULL
        GENERATED ALWAYS AS (lower(name || ' ' || brand || ' ' || category || ' ' || description)) STORED
);

CREATE INDEX products_by_name ON products (name, id);
CREATE INDEX products_by_category ON products (category, name, id);
CREATE INDEX products_by_brand ON products (brand, name, id);

-- Apart from the description, because it changes with every order while the description hardly ever does.
CREATE TABLE stock (
    product_id uuid        PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE,
    available  integer     NOT NULL CHECK (available >= 0),
    updated_at timestamptz NOT NULL DEFAULT now()
);
