//! How the demo looks: a line for each request, and below it what the gateway added and what is to be seen in the answer.
//!
//! Colours only on a terminal. Whether anybody still reads it (`make demo | head`) changes nothing.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::step::{Broken, Exchange, Reply, Witness};

/// What the gateway may add to an answer.
const ADDED: [&str; 5] = ["x-request-id", "ratelimit", "ratelimit-policy", "proxy-status", "retry-after"];

/// The page, written as it goes.
#[derive(Debug)]
pub(super) struct Page {
    colours: bool,
    requests: u32,
}

#[derive(Clone, Copy)]
enum Colour {
    Bold,
    Dim,
    Green,
    Yellow,
    Red,
}

impl Colour {
    fn code(self) -> u8 {
        match self {
            Self::Bold => 1,
            Self::Dim => 2,
            Self::Green => 32,
            Self::Yellow => 33,
            Self::Red => 31,
        }
    }
}

impl Page {
    pub(super) fn new(no_color: bool) -> Self {
        Self { colours: !no_color && std::io::stdout().is_terminal(), requests: 0 }
    }

    pub(super) fn title(&self, text: &str) {
        say(self.paint(Colour::Bold, text));
    }

    pub(super) fn chapter(&self, text: &str) {
        say(format_args!("\n{}", self.paint(Colour::Bold, text)));
    }

    pub(super) fn note(&self, text: &str) {
        say(format_args!("      {text}"));
    }

    pub(super) fn succeeded(&self, took: Duration) {
        let text =
            format!("All {} requests were answered as they should be, in {:.1} s.", self.requests, took.as_secs_f64());
        say(format_args!("\n{}", self.paint(Colour::Green, &text)));
    }

    pub(super) fn failed(&self, broken: &Broken) {
        say(format_args!("\n{}", self.paint(Colour::Red, &format!("FAILED at {broken}"))));
    }

    fn paint(&self, colour: Colour, text: &str) -> String {
        if self.colours { format!("\x1b[{}m{text}\x1b[0m", colour.code()) } else { text.to_owned() }
    }

    fn status(&self, reply: &Reply) -> String {
        let colour = match reply.status {
            0..400 => Colour::Green,
            400..500 => Colour::Yellow,
            _ => Colour::Red,
        };
        self.paint(colour, &reply.status.to_string())
    }
}

impl Witness for Page {
    fn saw(&mut self, exchange: &Exchange<'_>) {
        self.requests += 1;
        let (number, method, path) = (self.requests, exchange.method, exchange.path);
        let milliseconds = exchange.took.as_secs_f64() * 1000.0;
        let status = match exchange.outcome {
            Ok(reply) => self.status(reply),
            Err(_) => self.paint(Colour::Red, "---"),
        };
        say(format_args!("{number:>3}. {method:<6} {path:<72} {status} {milliseconds:>8.1} ms"));
        match exchange.outcome {
            Ok(reply) => {
                let added: Vec<_> = added(reply).collect();
                say(self.paint(Colour::Dim, &format!("      gateway: {}", added.join("  "))));
            }
            Err(what) => self.note(what),
        }
    }
}

fn added(reply: &Reply) -> impl Iterator<Item = String> {
    ADDED.iter().filter_map(|name| Some(format!("{name}: {}", reply.header(name)?)))
}

fn say(line: impl Display) {
    let _nobody_reads = writeln!(std::io::stdout().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_the_gateway_added_is_shown_and_nothing_else() {
        let mut headers = hyper::HeaderMap::new();
        headers.insert("x-request-id", "7".parse().expect("a value"));
        headers.insert("content-type", "text/plain".parse().expect("a value"));
        let reply = Reply { status: 200, headers, body: Value::Null };
        assert_eq!(added(&reply).collect::<Vec<_>>(), ["x-request-id: 7"]);
    }

    #[test]
    fn tests_have_no_colours() {
        let page = Page { colours: false, requests: 0 };
        assert_eq!(page.paint(Colour::Red, "text"), "text");
        assert!(Page { colours: true, ..page }.paint(Colour::Red, "text").contains("\x1b[31m"));
    }
}
