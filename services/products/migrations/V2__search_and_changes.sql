-- Full-text search, more orders to page through, and what changing a product needs.

-- Joining an array is only marked STABLE by Postgres, because the text of some element types depends on settings. That of
-- text does not, so this may be part of a generated column.
CREATE FUNCTION joined(words text[]) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT array_to_string(words, ' ') $$;

ALTER TABLE products
    ADD COLUMN updated_at  timestamptz NOT NULL DEFAULT now(),
    -- Set when it is not sold any more. Orders still refer to it, so it is never deleted.
    ADD COLUMN archived_at timestamptz,
    -- What `q` searches, the best places first. Without hyphens: Postgres would take the one in Omega-3 for the sign of a
    -- number, and find it by "omega-3" but not by "omega 3". The column `search` stays for processes of the version before, which may
    -- still run beside this one; a later migration removes it.
    ADD COLUMN document    tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english', replace(name, '-', ' ')), 'A')
        || setweight(to_tsvector('english', replace(brand || ' ' || category, '-', ' ')), 'B')
        || setweight(to_tsvector('english', replace(joined(flavours), '-', ' ')), 'C')
        || setweight(to_tsvector('english', replace(description, '-', ' ')), 'D')
    ) STORED;

CREATE INDEX products_by_document ON products USING gin (document);
CREATE INDEX products_by_flavour ON products USING gin (flavours);
CREATE INDEX products_by_price ON products (price_minor, id) WHERE archived_at IS NULL;
CREATE INDEX products_by_age ON products (created_at, id) WHERE archived_at IS NULL;
