-- Somebody with an account. The e-mail is stored as it is compared: in lower case.
CREATE TABLE users (
    id            uuid        PRIMARY KEY,
    email         text        NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254 AND email = lower(email)),
    name          text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    role          text        NOT NULL DEFAULT 'customer' CHECK (role IN ('customer', 'admin')),
    -- Argon2id as a PHC string, with its salt and its parameters.
    password_hash text        NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX users_by_email ON users (lower(email));

-- What one login leads to: a chain of refresh tokens. Whether a token is good is decided here, so that revoking a family
-- is one row, whatever is under way with its tokens.
CREATE TABLE families (
    id          uuid        PRIMARY KEY,
    user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    revoked_for text        CHECK (revoked_for IN ('logout', 'reuse', 'password')),
    CHECK ((revoked_at IS NULL) = (revoked_for IS NULL))
);

CREATE INDEX families_by_user ON families (user_id);
CREATE INDEX families_by_expiry ON families (expires_at);

-- Refresh tokens, of which only the SHA-256 is kept. Used ones stay until their family goes: a second use is how a theft
-- is noticed.
CREATE TABLE refresh_tokens (
    hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    family_id  uuid        NOT NULL REFERENCES families (id) ON DELETE CASCADE,
    issued_at  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);
-- Whatever the program does, a family has at most one token that can be used.
CREATE UNIQUE INDEX refresh_tokens_one_unused ON refresh_tokens (family_id) WHERE used_at IS NULL;

-- The keys that sign access tokens, shared by all processes.
CREATE TABLE signing_keys (
    kid            text        PRIMARY KEY,
    public_key     bytea       NOT NULL CHECK (octet_length(public_key) = 32),
    -- PKCS#8, in the clear. Where the database is not enough of a safe, this is what a KMS would wrap: the program reads
    -- and writes this column in one file, store/keys.rs.
    private_key    bytea       NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    -- Later than created_at, so that everybody knows the key before its first token comes.
    signs_from     timestamptz NOT NULL,
    -- When the last token that it signed has expired. Null for the youngest key.
    verifies_until timestamptz,
    CHECK (verifies_until > signs_from)
);

CREATE UNIQUE INDEX signing_keys_one_youngest ON signing_keys ((true)) WHERE verifies_until IS NULL;
