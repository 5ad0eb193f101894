//! By keyboard alone: every control and section is reached, the focus is seen, and the page has its landmarks.

use crate::world::World;

#[test]
fn everything_is_reached_by_tab() {
    let world = World::start(&[]);
    let mut browser = world.open();
    let mut reached = Vec::new();
    for _ in 0..10 {
        browser.press("Tab", 9);
        let focus = browser.value("document.activeElement.id || document.activeElement.getAttribute('href') || document.activeElement.tagName");
        let outline = browser.value("parseFloat(getComputedStyle(document.activeElement).outlineWidth)");
        reached.push(focus.as_str().expect("an element has the focus").to_owned());
        assert!(outline.as_f64().is_some_and(|width| width >= 2.0), "the focus is seen on {reached:?}");
    }
    let sections = ["overview", "routes", "latency", "limits", "breakers", "upstreams", "workers", "reloads"];
    let links: Vec<_> = sections.iter().map(|name| format!("#{name}")).collect();
    assert_eq!(reached[..2], ["#content", "pause"]);
    assert_eq!(reached[2..], links);

    browser.value("document.getElementById('pause').focus()");
    browser.press("Enter", 13);
    browser.until("it is paused", "document.getElementById('pause').getAttribute('aria-pressed') === 'true'");
    assert_eq!(browser.text("#state"), "Paused");

    let headings = browser.value("[...document.querySelectorAll('main > section:not([hidden])')].every((section) => document.getElementById(section.getAttribute('aria-labelledby'))?.tagName === 'H2')");
    assert_eq!(headings, true, "every section is named by its heading");
    for landmark in ["header", "main", "nav[aria-label]", "footer"] {
        assert_eq!(browser.value(&format!("document.querySelectorAll('{landmark}').length")), 1, "{landmark}");
    }
    let scopes =
        browser.value("[...document.querySelectorAll('th')].every((cell) => ['col', 'row'].includes(cell.scope))");
    assert_eq!(scopes, true, "every heading of a table says what it is the heading of");
    let charts = browser.value("[...document.querySelectorAll('svg')].every((chart) => chart.getAttribute('role') === 'img' && chart.getAttribute('aria-label'))");
    assert_eq!(charts, true, "every chart says what it shows");
    assert_eq!(
        browser.value("document.querySelectorAll('[aria-live], [role=status]').length"),
        1,
        "only one place speaks up"
    );
    assert_eq!(browser.complaints(), [""; 0]);
}
