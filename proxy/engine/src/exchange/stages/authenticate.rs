//! May this request take its route, and whose is it?
//!
//! ```text
//!   bearer ──none──► anonymous if the route allows it, else 401 auth.required
//!     └─token──► known? ──yes──► passed
//!                  └─no─► read ──► key ──► signature ──► claims ──► passed, and known from now on
//!                          every step that fails: 401 auth.invalid or auth.expired
//! ```
//!
//! The shell verifies the signature, because it has the keys: [`authenticate`] calls it back. Time is an argument.
//! Where to read on: `auth.rs`.

use std::rc::Rc;

use crate::auth::{Cache, Claims, Denial, Identity, Unverified, bearer};
use crate::config::Auth;
use crate::http1::RequestHead;

/// Whose a request is that may pass: `None` for nobody's, which only a route with optional authentication has. `now` in
/// seconds since 1970; `verify` says whether the signature of a token holds.
///
/// # Errors
/// Why it may not pass.
pub fn authenticate(
    head: &RequestHead,
    bytes: &[u8],
    auth: &Auth,
    optional: bool,
    now: u64,
    cache: &mut Cache,
    verify: impl FnOnce(&Unverified<'_>) -> Result<(), Denial>,
) -> Result<Option<Rc<Identity>>, Denial> {
    let Some(token) = bearer(head, bytes)? else {
        return if optional { Ok(None) } else { Err(Denial::Missing) };
    };
    if let Some(identity) = cache.look_up(token, now) {
        return Ok(Some(identity));
    }
    let unverified = Unverified::read(token)?;
    if !auth.algorithms.contains(&unverified.algorithm) {
        return Err(Denial::Algorithm);
    }
    verify(&unverified)?;
    let identity = Rc::new(Claims::read(&unverified.payload()?)?.identify(auth, now)?);
    cache.insert(token, Rc::clone(&identity), now);
    Ok(Some(identity))
}
