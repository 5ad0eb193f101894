//! What an operator sees: health, metrics, documents, and the access log.

mod access_log;
mod counts;
mod health;
mod payload_is_counted;
mod scrape_under_load;
mod the_contract;
