//! Explanations and audits as pages for a browser: no script, nothing loaded from anywhere.
//!
//! Texts of jobs and profiles are foreign: whatever they hold comes out as text. Markup is escaped;
//! control characters and those that turn the direction of writing are replaced.

mod audit;
mod bar;
mod card;
mod contrast;
mod document;
mod escape;
mod highlight;
mod page;
mod palette;

pub use audit::audit;
pub use card::card;
pub use contrast::contrast;
pub use highlight::highlight;
pub use page::page;
