//! The dashboard in a real browser: headless Chromium, driven over the DevTools protocol, on a real gateway.
//!
//! What the page shows is held against what `/api/…` tells. Nothing may be logged as an error or blocked by the page's
//! policy, on a phone or at a desk. The pictures that are taken on the way lie in `target/dashboard/`. Where to begin:
//! `dashboard/browser.rs`, `dashboard/world.rs`.

#[path = "scenarios"]
#[expect(dead_code, unused_imports, reason = "the scenarios use the rest of the harness")]
mod scenarios {
    pub(crate) mod harness;
}

#[path = "dashboard/agrees.rs"]
mod agrees;
#[path = "dashboard/at_a_desk.rs"]
mod at_a_desk;
#[path = "dashboard/browser.rs"]
mod browser;
#[path = "dashboard/gone.rs"]
mod gone;
#[path = "dashboard/keyboard.rs"]
mod keyboard;
#[path = "dashboard/modules.rs"]
mod modules;
#[path = "dashboard/paused.rs"]
mod paused;
#[path = "dashboard/phone.rs"]
mod phone;
#[path = "dashboard/pipe.rs"]
mod pipe;
#[path = "dashboard/reloads.rs"]
mod reloads;
#[path = "dashboard/token.rs"]
mod token;
#[path = "dashboard/world.rs"]
mod world;

use scenarios::harness;
