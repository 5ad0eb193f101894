//! On a phone: one column, nothing that sticks out, rows as cards that are still a table to those who listen.

use crate::world::World;

#[test]
fn one_column() {
    let world = World::start(&[]);
    let mut browser = world.open();
    for width in [320, 390] {
        browser.screen(width, 800, true);
        browser.until("the screen is narrow", &format!("innerWidth === {width}"));
        let wide = browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wide, 0, "nothing sticks out at {width}");
        let beside = browser.value(
            "(() => { const boxes = [...document.querySelectorAll('#routes tbody tr')].map((row) => row.getBoundingClientRect().left); \
              return new Set(boxes).size; })()",
        );
        assert_eq!(beside, 1, "cards stand below each other at {width}");
    }
    let names = browser.value(
        "[...document.querySelectorAll('#routes td')].every((cell) => cell.dataset.label && \
         getComputedStyle(cell, '::before').content !== 'none')",
    );
    assert_eq!(names, true, "each value has its name beside it");
    let roles = browser.value("document.querySelectorAll('#routes tr[role=row] > [role=rowheader]').length");
    assert_eq!(roles, 4, "three routes, and no route");
    browser.picture("phone-light");
    browser.prefers(&[("prefers-color-scheme", "dark"), ("prefers-reduced-motion", "reduce")]);
    assert_eq!(browser.value("getComputedStyle(document.documentElement).scrollBehavior"), "auto", "nothing glides");
    browser.picture("phone-dark");
    assert_eq!(browser.complaints(), [""; 0]);
}
