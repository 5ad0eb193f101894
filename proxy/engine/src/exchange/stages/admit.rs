//! Whether a listener takes a request that was parsed without fault.

use crate::config::Listener;
use crate::http1::{Framing, RequestHead};
use crate::reason::Reason;

/// Checks what the head announces against the listener's bounds. A chunked body is measured as it comes.
///
/// # Errors
/// The reason to refuse the request.
pub fn admit(head: &RequestHead, listener: &Listener) -> Result<(), Reason> {
    match head.framing() {
        Framing::Length(length) if length > listener.max_body_bytes => Err(Reason::BodyTooLarge),
        _ => Ok(()),
    }
}
