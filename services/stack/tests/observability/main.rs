//! What Prometheus and Grafana are given: rules, dashboards and runbooks, held against what the gateway and the services
//! really count.
//!
//! Where to read on: `queries.rs` runs every query of every file on a real Prometheus that looks at a real stack after
//! `smoke.rs` has done to it what makes everything count; the others look at files alone.

mod dashboards;
mod files;
mod names;
mod prometheus;
mod promql;
mod queries;
mod rules;
mod runbooks;
mod smoke;
