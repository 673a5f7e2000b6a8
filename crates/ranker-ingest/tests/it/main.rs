//! The crate as its callers use it.

mod files;
mod folder;
mod formats;
mod pdf;
mod worker;
