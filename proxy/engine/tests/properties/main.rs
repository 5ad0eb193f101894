//! Laws of the engine: what must hold for any input, one file for each part.

mod balancing;
mod exchange_events;
mod idle_pool;
mod route_lookup;
mod timer_wheel;
