//! Reloads are shown with who asked, what came of them, and what is wrong with a file that was refused.

use crate::world::{World, config};

#[test]
fn what_became_of_each() {
    let world = World::start(&[]);
    let mut browser = world.open();
    assert!(browser.text("#reloads").contains("Nothing was reloaded since the start."));
    assert_eq!(world.gateway.admin("POST", "/api/reload").status(), 200);
    browser.wait("the first reload", |browser| {
        let shown = browser.value("document.querySelector('#reloads tr[data-key=\"1\"]')?.textContent ?? null");
        shown.as_str().filter(|text| text.contains("unchanged") && text.contains("POST /api/reload")).map(drop)
    });
    let broken = config(&world.well, &world.sick, &[]).text() + "[[routes]]\nname = \"<b>bold</b>\"\ncolour = 3\n";
    world.gateway.rewrite(&broken);
    browser.until("the refusal", "document.querySelectorAll('#reloads li').length > 0");
    let problems = world.gateway.document("/api/config")["last_refusal"]["problems"].as_array().expect("a list").len();
    assert_eq!(browser.value("document.querySelectorAll('#reloads li').length"), problems);
    assert!(browser.text("#reloads ul").contains("colour"));
    assert_eq!(browser.value("document.querySelectorAll('#reloads b').length"), 0, "text stays text");
    let newest = browser.text("#reloads tbody tr");
    assert!(newest.contains("refused"), "{newest}");
    browser.picture("reloads");

    world.gateway.rewrite(&config(&world.well, &world.sick, &["drain_timeout = \"3s\""]).text());
    browser
        .until("the next generation", "document.querySelector('#reloads tbody tr')?.textContent.includes('accepted')");
    assert_eq!(browser.value("document.querySelector('#reloads li') === null"), true, "the file is what runs");
    browser.until("its number", "document.getElementById('facts').textContent.startsWith('Generation 2 ')");
    assert_eq!(browser.complaints(), [""; 0]);
}
