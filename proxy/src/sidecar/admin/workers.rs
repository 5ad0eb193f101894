//! `/api/workers`: what each worker counts about itself.

use serde_json::{Value, json};

use super::super::{Member, Sidecar};

pub(super) fn document(sidecar: &Sidecar) -> Value {
    let worker = |(number, member): (usize, &Member)| {
        let block = &member.block;
        json!({
            "worker": number,
            "cpu": member.cpu,
            "generation": block.generation.get(),
            "resolution": block.resolution.get(),
            "connections": block.connections.get(),
            "busy_ratio": sidecar.busy.ratio(number),
            "busy_seconds": block.busy_nanos.get() as f64 / 1e9,
            "idle_seconds": block.idle_nanos.get() as f64 / 1e9,
            "handoffs": block.handoffs.get(),
            "stalls": block.stalls.get(),
            "panics": block.panics.get(),
            "link_drops": block.link_drops.get(),
            "log_drops": block.log_drops.get(),
            "pooled_connections": block.pooled.get(),
            "receive_buffers": block.buffers.get(),
        })
    };
    json!({ "workers": sidecar.crew.iter().enumerate().map(worker).collect::<Vec<_>>() })
}
