//! The stages of an exchange: one decision each, in the order a request meets them.
//!
//! [`admit`] (may this listener take it?) · [`match_route`] (where does it go?) · [`shed`] (is the worker too busy for
//! it?) · [`authenticate`] (whose is it?) ·
//! [`limit_rate`] (what is it charged to?) · [`judge_response`] (what does the upstream's answer mean for both
//! connections?). Emitting the forwarded heads is `http1/emit`.

pub mod admit;
pub mod authenticate;
pub mod judge_response;
pub mod limit_rate;
pub mod match_route;
pub mod shed;
