//! SIGTERM: what is under way is finished, then the process ends with exit code 0.

mod idle_does_not_hold_up;
mod in_flight_is_finished;
mod time_is_up;
mod under_load;
