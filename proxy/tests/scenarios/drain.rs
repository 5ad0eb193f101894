//! SIGTERM: what is under way is finished, then the process ends with exit code 0.

mod in_flight_is_finished;
