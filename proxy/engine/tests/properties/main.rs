//! Laws of the engine: what must hold for any input, one file for each part.

mod adaptive;
mod arbitrary_bytes;
mod authentication;
mod balancing;
mod breaker;
mod buckets;
mod chunked_coding;
mod exchange_events;
mod fairness;
mod fitness;
mod forwarding;
mod hedging;
mod idle_pool;
mod latency;
mod leases;
mod messages;
mod normal_form;
mod numbers;
mod retry_budget;
mod route_lookup;
mod splits;
mod timer_wheel;
mod trace_context;
mod waiting_queue;
