//! Traces: the context that requests carry, which spans are made of them, and how these reach a collector.

mod attempts;
mod attributes;
mod collector_fails;
mod continued;
mod drain;
mod events;
mod real_receiver;
mod reload;
mod sampling;
mod tail;

use crate::harness::Message;

/// The parts of a request's `traceparent`: trace id, parent id and flags.
fn parts(message: &Message) -> (String, String, String) {
    let value = message.field("traceparent").expect("every request carries one");
    let parts: Vec<_> = value.split('-').collect();
    let [version, trace, parent, flags] = parts[..] else { panic!("no traceparent: {value}") };
    let is_hex = |part: &str, length| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    assert!(version == "00" && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2), "{value}");
    (trace.to_owned(), parent.to_owned(), flags.to_owned())
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A GET with these field lines, each with its end.
fn get(target: &str, fields: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: shop.test\r\n{fields}\r\n")
}

/// A GET within a trace that is sampled or not.
fn get_within(target: &str, sampled: bool) -> String {
    get(target, &format!("traceparent: 00-{TRACE}-{PARENT}-0{}\r\n", u8::from(sampled)))
}
