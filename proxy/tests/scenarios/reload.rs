//! Reloads: a new configuration comes into force as a whole, and nobody who is served notices.

mod in_flight_keeps_its_own;
mod listeners_come_and_go;
mod refused_as_a_whole;
mod under_load;
