//! The stages of an exchange: one decision each, in the order a request meets them.
//!
//! [`admit`] (may this listener take it?) · [`match_route`] (where does it go?) · [`judge_response`] (what does the
//! upstream's answer mean for both connections?) · [`shed`] (is the worker too busy for it?). Emitting the forwarded heads is `http1/emit`.

pub mod admit;
pub mod judge_response;
pub mod match_route;
pub mod shed;
