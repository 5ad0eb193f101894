//! On a wide screen, in light and in dark colours: everything fits, and text stands out from what is behind it.

use crate::world::{Steady, World};

/// The least contrast between the text of any element and its background (WCAG 2, relative luminance). Colours come from
/// the page as it is drawn.
const LEAST_CONTRAST: &str = r"
(() => {
  const channel = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (rgb) => { const [r, g, b] = rgb.match(/\d+/g).map((part) => channel(Number(part) / 255)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (node) => { for (let at = node; at; at = at.parentElement) { const colour = getComputedStyle(at).backgroundColor; if (!/, 0\)$/.test(colour)) return colour; } return 'rgb(255, 255, 255)'; };
  let least = 21;
  for (const node of document.body.querySelectorAll('*')) {
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())) continue;
    const [one, other] = [luminance(getComputedStyle(node).color), luminance(behind(node))].sort((a, b) => b - a);
    least = Math.min(least, (one + 0.05) / (other + 0.05));
  }
  return least;
})()";

#[test]
fn light_and_dark() {
    let world = World::start(&[]);
    let _steady = Steady::start(&world.gateway);
    let mut browser = world.open();
    browser.wait("a few seconds are drawn", |browser| {
        let path =
            browser.value("document.querySelector('#overview [data-key=requests] path')?.getAttribute('d') ?? ''");
        (path.as_str()?.matches('L').count() >= 4).then_some(())
    });
    for scheme in ["light", "dark"] {
        browser.prefers(&[("prefers-color-scheme", scheme)]);
        let paper = browser.value("getComputedStyle(document.body).backgroundColor");
        assert_eq!(paper == "rgb(251, 251, 253)", scheme == "light", "{scheme}: {paper}");
        let contrast = browser.value(LEAST_CONTRAST).as_f64().expect("a number");
        assert!(contrast >= 4.5, "{scheme}: {contrast}");
        for width in [700, 1000, 1160, 1920, 1280] {
            browser.screen(width, 900, false);
            browser.until("the window has its size", &format!("innerWidth === {width}"));
            let wide = browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            assert_eq!(wide, 0, "{scheme}: nothing sticks out at {width}");
        }
        browser.picture(&format!("desk-{scheme}"));
    }
    assert_eq!(browser.complaints(), [""; 0]);
}
