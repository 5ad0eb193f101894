//! Message bodies in both directions: every framing, at any split, streamed, with back-pressure.

mod bodiless_responses;
mod chunk_extensions_are_dropped;
mod chunked_at_any_split;
mod length_piece_by_piece;
mod slow_client_stalls_upstream;
mod slow_upstream_stalls_client;
mod streamed_in_little_memory;
mod trailers;
mod unsent_end;
mod until_close;
