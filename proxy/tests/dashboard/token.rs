//! With an admin token the page itself is there for everybody, and what it shows for those who have the token.

use crate::browser::Browser;
use crate::world::World;

const TOKEN: &str = "correct-horse-battery-staple";

#[test]
fn it_asks_for_the_token() {
    let world = World::start(&[&format!("admin_token = \"{TOKEN}\"")]);
    let mut browser = Browser::open(&world.url());
    browser.until("it asks", "document.getElementById('state').dataset.state === 'token'");
    assert_eq!(browser.value("document.getElementById('token').hidden"), false);
    assert_eq!(browser.value("document.activeElement.id"), "token-input", "typing can begin");
    let shown = "[...document.querySelectorAll('main > section')].filter((one) => one.getClientRects().length > 0).map((one) => one.id).join()";
    assert_eq!(browser.value(shown), "token", "nothing else is shown");
    browser.picture("token");

    browser.type_in("wrong");
    browser.press("Enter", 13);
    browser.until("it is refused", "document.getElementById('state').textContent.includes('does not accept')");
    browser.type_in(TOKEN);
    browser.forget_complaints();
    browser.press("Enter", 13);
    browser.until("it is live", "document.getElementById('state').dataset.state === 'live'");
    browser.until("it has numbers", "document.querySelectorAll('#routes tbody tr').length === 4");
    assert_eq!(browser.value("document.getElementById('token').hidden"), true);
    assert_eq!(browser.complaints(), [""; 0]);

    browser.load_again();
    browser.until("the tab still has it", "document.querySelectorAll('#routes tbody tr').length === 4");
    assert_eq!(browser.value("localStorage.length"), 0, "it does not outlive the tab");
    assert_eq!(browser.value("document.cookie"), "");
    browser.value("document.getElementById('forget').click()");
    browser.until("it asks again", "document.getElementById('state').dataset.state === 'token'");
    assert_eq!(browser.value(shown), "token");
    assert_eq!(browser.value("sessionStorage.length"), 0);
}
