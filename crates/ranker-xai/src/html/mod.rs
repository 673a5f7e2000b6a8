//! Explanations and audits as pages for a browser: no script, nothing loaded from anywhere.
//!
//! Texts of jobs and profiles are foreign: whatever they hold comes out as text. Markup is escaped;
//! control characters and those that turn the direction of writing are replaced.

mod audit;
mod audit_labels;
mod bar;
mod card;
mod contrast;
mod document;
mod escape;
mod highlight;
mod labels;
mod page;
mod palette;

pub use audit::{audit, audit_tables};
pub use card::{account, account_without_words, bars, card, legend, requirements};
pub use contrast::contrast;
pub use escape::Escaped;
pub use highlight::highlight;
pub use labels::{asked, feature, note, uncounted, verdict};
pub use page::page;

/// The style that the classes of all pages, cards and tables here need: to be served as a file of its own, or put into a
/// page.
pub const STYLE: &str = include_str!("style.css");
