//! The database's schema, as the numbered files in `migrations/`, compiled in.
//!
//! A file that was released is never edited: a change to the schema is a new file.

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// All migrations, in order.
pub(crate) fn runner() -> refinery::Runner {
    embedded::migrations::runner()
}
