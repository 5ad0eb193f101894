//! Tokens: who may pass, what the upstream learns of it, and where keys come from.

mod algorithms;
mod by_claim;
mod forwarded;
mod issuer;
mod keys_are_missing;
mod refused;
mod reload;
mod rotation;
mod trailers;

use crate::harness::{Config, Upstream};

/// Everything goes to `upstream`, for those with a token; `asked` is the route's `auth`.
fn config(upstream: &Upstream, jwks: &str, asked: &str) -> Config {
    Config::to(upstream).route(&format!("auth = {asked}")).and(&table(jwks, "supplex"))
}

/// The `[auth]` table.
fn table(jwks: &str, audience: &str) -> String {
    format!(
        "[auth.users]\njwks = \"{jwks}\"\nissuer = \"supplex-users\"\naudience = \"{audience}\"\nrefresh = \"200ms\"\n\
         leeway = \"1s\"\nforward = {{ \"x-user-id\" = \"sub\", \"X-User-Role\" = \"role\" }}"
    )
}

/// A GET with these field lines, each with its end.
fn get(fields: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: shop.test\r\n{fields}\r\n")
}

/// A GET with this token.
fn get_with(token: &str) -> String {
    get(&format!("Authorization: Bearer {token}\r\n"))
}
