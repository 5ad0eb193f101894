//! One page of a browser, as the tests use it: open, ask, press keys, look at it as on other devices, take pictures.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::pipe::{GUARD, Pipe};

/// A browser with one page.
pub(crate) struct Browser {
    pipe: Pipe,
    session: String,
}

impl Browser {
    /// Starts a browser and opens an address on a desktop's screen, in light colours.
    pub(crate) fn open(url: &str) -> Self {
        let mut pipe = Pipe::start();
        let target = pipe.run(None, "Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = pipe.run(None, "Target.attachToTarget", &attach);
        let session = attached["sessionId"].as_str().expect("a session").to_owned();
        let mut browser = Self { pipe, session };
        for domain in ["Page", "Runtime", "Log", "Audits"] {
            browser.run(&format!("{domain}.enable"), json!({}));
        }
        browser.screen(1280, 900, false);
        browser.prefers(&[("prefers-color-scheme", "light")]);
        browser.run("Page.navigate", json!({ "url": url }));
        browser.until(
            "the page is there",
            "document.readyState === 'complete' && document.getElementById('state') !== null",
        );
        browser
    }

    fn run(&mut self, method: &str, parameters: Value) -> Value {
        self.pipe.run(Some(&self.session), method, &parameters)
    }

    /// The value of an expression within the page; of a promise, what it comes to.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        self.try_value(expression).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// As [`Browser::value`]; an error when there is no page just now, because another one is being loaded.
    fn try_value(&mut self, expression: &str) -> Result<Value, Value> {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.pipe.try_run(Some(&self.session), "Runtime.evaluate", &parameters)?;
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {:#}", answer["exceptionDetails"]);
        Ok(answer["result"]["value"].take())
    }

    /// Loads the page again.
    pub(crate) fn load_again(&mut self) {
        self.value("window.former = true");
        self.run("Page.reload", json!({}));
        self.until("the page is there again", "window.former !== true && document.readyState === 'complete'");
    }

    /// The text of an element, found by a selector.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let found = self.value(&format!("document.querySelector({})?.textContent ?? null", json!(selector)));
        found.as_str().unwrap_or_else(|| panic!("{selector}: there is no such element")).to_owned()
    }

    /// The text of a cell, by its table's section, its row and its column.
    pub(crate) fn cell(&mut self, section: &str, row: &str, column: &str) -> String {
        self.text(&cell(section, row, column))
    }

    /// The number in a cell, `None` as long as it is a dash or the cell is not there.
    pub(crate) fn number(&mut self, section: &str, row: &str, column: &str) -> Option<f64> {
        let selector = json!(cell(section, row, column));
        let found = self.value(&format!("document.querySelector({selector})?.textContent ?? null"));
        found.as_str()?.replace(',', "").parse().ok()
    }

    /// Waits until an expression holds.
    pub(crate) fn until(&mut self, what: &str, expression: &str) {
        let expression = format!("Promise.resolve({expression}).then(Boolean)");
        self.wait(what, |browser| browser.try_value(&expression).is_ok_and(|value| value == true).then_some(()));
    }

    /// Waits until `ask` has an answer.
    pub(crate) fn wait<T>(&mut self, what: &str, mut ask: impl FnMut(&mut Self) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(answer) = ask(self) {
                return answer;
            }
            if start.elapsed() > GUARD {
                let page = self.value("document.body.innerText");
                panic!("{what}: it does not come; the page says:\n{}", page.as_str().unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Presses and releases a key, by its name and its Windows code.
    pub(crate) fn press(&mut self, key: &str, code: u32) {
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            if key == "Enter" && kind == "keyDown" {
                event["text"] = "\r".into();
            }
            self.run("Input.dispatchKeyEvent", event);
        }
    }

    /// Types text where the focus is.
    pub(crate) fn type_in(&mut self, text: &str) {
        self.run("Input.insertText", json!({ "text": text }));
    }

    /// A screen of this size, of a desktop or a phone.
    pub(crate) fn screen(&mut self, width: u32, height: u32, phone: bool) {
        let scale = if phone { 2 } else { 1 };
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone });
        self.run("Emulation.setDeviceMetricsOverride", screen);
    }

    /// What the reader's system says that they prefer.
    pub(crate) fn prefers(&mut self, features: &[(&str, &str)]) {
        let features: Vec<_> = features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.run("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Takes a picture of the whole page.
    pub(crate) fn picture(&mut self, name: &str) -> PathBuf {
        let shot = self.run("Page.captureScreenshot", json!({ "format": "png", "captureBeyondViewport": true }));
        let bytes = BASE64_STANDARD.decode(shot["data"].as_str().expect("a picture")).expect("base64");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../dashboard");
        fs::create_dir_all(&folder).expect("a folder for pictures");
        let path = folder.join(format!("{name}.png"));
        fs::write(&path, bytes).expect("the picture is written");
        path
    }

    /// What the console and the policy had to say against the page so far.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        // Whatever was logged before this answer came before it.
        self.value("0");
        self.pipe.events().iter().filter_map(complaint).collect()
    }

    /// Forgets the complaints so far.
    pub(crate) fn forget_complaints(&mut self) {
        self.value("0");
        self.pipe.forget();
    }
}

fn cell(section: &str, row: &str, column: &str) -> String {
    format!("#{section} tr[data-key={}] [data-label={}]", json!(row), json!(column))
}

fn complaint(event: &Value) -> Option<String> {
    let parameters = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" | "Audits.issueAdded" => Some(event.to_string()),
        "Runtime.consoleAPICalled" if ["error", "warning", "assert"].iter().any(|kind| parameters["type"] == *kind) => {
            Some(event.to_string())
        }
        "Log.entryAdded" => {
            let entry = &parameters["entry"];
            let is_bad = entry["level"] == "error" || entry["level"] == "warning";
            is_bad.then(|| entry.to_string())
        }
        _ => None,
    }
}
