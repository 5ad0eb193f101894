//! Which endpoints are used at all: by probes, by failures in the traffic, and what happens when hardly any is left.

mod ejection;
mod http_probe;
mod panic;
mod reload;
mod slow_start;
mod states;
mod tcp_probe;
