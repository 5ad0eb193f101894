//! Bearer tokens: what a request shows, what its token says, and whether that holds.
//!
//! A token is a JSON Web Token (RFC 7519) signed by a key of a key set. `bearer.rs` finds it in the request, `token.rs`
//! takes it apart, `claims.rs` judges what it says once its signature holds, `cache.rs` remembers tokens that held. The
//! signature itself is verified by the shell, which has the keys; nothing here trusts a byte before that, and only
//! [`claims::Identity`] is made of what was verified. `exchange/stages/authenticate.rs` is the order of it all.

pub mod bearer;
pub mod cache;
pub mod claims;
pub mod denial;
pub mod token;
pub mod vouched;

pub use bearer::bearer;
pub use cache::Cache;
pub use claims::{Claims, Identity};
pub use denial::Denial;
pub use token::{TOKEN_MOST, Unverified};
pub use vouched::Vouched;
