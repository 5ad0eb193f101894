//! Laws that hold for every message, one file each.
//!
//! `messages.rs` makes the messages. The checks of the fuzz targets are laws as well, and `arbitrary_bytes.rs` puts
//! messages with random damage before them.

mod arbitrary_bytes;
mod chunked_coding;
mod forwarding;
mod messages;
mod normal_form;
mod splits;
