//! While nobody looks, nobody asks: a hidden page and a paused one leave the gateway alone.

use crate::browser::Browser;
use crate::world::World;

/// How many answers the page has had of a path.
const ASKED: &str =
    "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/api/workers')).length";

#[test]
fn hidden_or_paused_it_does_not_ask() {
    let world = World::start(&[]);
    let mut browser = world.open();
    browser.value("performance.setResourceTimingBufferSize(100000)");
    let asked = browser.value(ASKED).as_u64().expect("a count");
    browser.until("it asks again and again", &format!("{ASKED} >= {}", asked + 2));

    // As the browser does when another tab comes to the front.
    let visibility = |state: &str| {
        format!(
            "Object.defineProperty(document, 'visibilityState', {{ configurable: true, get: () => '{state}' }}); \
             document.dispatchEvent(new Event('visibilitychange'))"
        )
    };
    browser.value(&visibility("hidden"));
    quiet(&mut browser, "Paused while hidden");
    browser.value(&visibility("visible"));
    browser.until("it is live again", "document.getElementById('state').dataset.state === 'live'");

    browser.value("document.getElementById('pause').click()");
    quiet(&mut browser, "Paused");
    browser.value("document.getElementById('pause').click()");
    browser.until("it goes on", "document.getElementById('state').dataset.state === 'live'");
    assert_eq!(browser.complaints(), [""; 0]);
}

/// What was under way when it stopped comes to its end within a while; then nothing is asked for three of its seconds.
fn quiet(browser: &mut Browser, said: &str) {
    browser.until("it says so", &format!("document.getElementById('state').textContent === '{said}'"));
    let silence = format!(
        "new Promise((done) => {{ const before = {ASKED}; setTimeout(() => done({ASKED} === before), 3000); }})"
    );
    browser.until("it falls silent", &silence);
    assert_eq!(browser.text("#state"), said);
}
