//! Clients that close their sending side after the request and wait for the response.

mod body_cut_short;
mod response_still_comes;
