//! Tokens of a stack: made when they are first asked for, kept in private files, gone with the data.

use std::path::{Path, PathBuf};

use crate::layout::Layout;
use crate::postgres::write_private;
use crate::{Error, secret};

impl Layout {
    /// The token by which the services know each other.
    ///
    /// # Errors
    /// When it cannot be read or made.
    pub fn service_token(&self) -> Result<String, Error> {
        kept(&self.service_token_file())
    }

    /// The file with that token.
    #[must_use]
    pub fn service_token_file(&self) -> PathBuf {
        self.data.join("service-token")
    }

    /// The token by which admins change the catalogue.
    ///
    /// # Errors
    /// When it cannot be read or made.
    pub fn admin_token(&self) -> Result<String, Error> {
        kept(&self.admin_token_file())
    }

    /// The file with that token.
    #[must_use]
    pub fn admin_token_file(&self) -> PathBuf {
        self.data.join("admin-token")
    }
}

fn kept(path: &Path) -> Result<String, Error> {
    match std::fs::read_to_string(path) {
        // An empty one is what is left when whoever made it did not get to the end.
        Ok(kept) if !kept.is_empty() => Ok(kept),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::path("read", path)(error)),
        _ => {
            let new = secret::new()?;
            write_private(path, &new)?;
            Ok(new)
        }
    }
}
