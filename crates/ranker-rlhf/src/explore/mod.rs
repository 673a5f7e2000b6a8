//! Policies that show lists by chance, and know the chance.

mod draw;
mod error;
mod list_policy;
mod marginals;
mod rule;
mod walk;

pub use draw::Drawn;
pub(crate) use draw::pick;
pub use error::ExploreError;
pub use list_policy::ListPolicy;
pub(crate) use list_policy::check_order;
pub use marginals::Marginals;
pub(crate) use walk::Walk;
