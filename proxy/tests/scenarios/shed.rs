//! What an overloaded worker refuses.

mod priorities;
