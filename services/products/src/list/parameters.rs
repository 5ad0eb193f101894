//! The pairs of a query string, read one by one, with everything that is wrong with them collected.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use supplex_kit::FieldError;

/// The parameters that were not read yet, and what was wrong so far.
pub(super) struct Parameters {
    given: HashMap<String, String>,
    errors: Vec<FieldError>,
}

impl Parameters {
    pub(super) fn new(pairs: Vec<(String, String)>) -> Self {
        let mut given = HashMap::new();
        let mut errors = Vec::new();
        for (name, value) in pairs {
            match given.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(place) => errors.push(FieldError::new(place.key(), "is given more than once")),
            }
        }
        Self { given, errors }
    }

    /// Reads the parameter `name`. `None` when it is not there, or wrong, which is noted.
    pub(super) fn take<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = self.given.remove(name)?;
        read(&value).map_err(|detail| self.wrong(name, detail)).ok()
    }

    /// Notes what is wrong with a parameter.
    pub(super) fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(FieldError::new(name, detail));
    }

    /// Refuses whatever was not read, and says all that was wrong. `known` are the names of all parameters.
    pub(super) fn finish(mut self, known: &[&str]) -> Result<(), Vec<FieldError>> {
        for name in self.given.into_keys() {
            let detail = format!("is not a parameter of this list; known are {}", known.join(", "));
            self.errors.push(FieldError::new(name, detail));
        }
        self.errors.sort_by(|one, other| one.parameter.cmp(&other.parameter));
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }
}
