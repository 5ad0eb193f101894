//! The sweep: puts back what overdue reservations hold, again and again while the service runs.
//!
//! It only keeps the shelves full. That an overdue reservation is never committed does not rest on it. Every node sweeps;
//! they leave out what another one has in hand.

use std::time::Duration;

use clap::Args;

use super::store::Inventory;
use crate::counters::Counters;

/// How often, and how much at once.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Sweep {
    /// How often overdue reservations are looked for, in milliseconds
    #[arg(long, env = "SWEEP_INTERVAL_MS", value_name = "MS", default_value = "1000",
          value_parser = clap::value_parser!(u32).range(10..))]
    sweep_interval: u32,

    /// How many overdue reservations are put back in one transaction
    #[arg(long, env = "SWEEP_BATCH", value_name = "N", default_value = "100",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    sweep_batch: u32,
}

impl Sweep {
    /// Sweeps until it is dropped.
    pub(crate) async fn run(self, inventory: Inventory, counters: Counters) {
        loop {
            tokio::time::sleep(Duration::from_millis(self.sweep_interval.into())).await;
            // Many at once are put back batch by batch, so that no transaction holds locks for long.
            loop {
                match inventory.sweep(self.sweep_batch).await {
                    Ok(0) => break,
                    Ok(count) => {
                        counters.reservations("expired", count as u64);
                        tracing::info!(count, "overdue reservations were put back");
                        if count < self.sweep_batch as usize {
                            break;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the sweep failed; it comes by again");
                        break;
                    }
                }
            }
        }
    }
}
