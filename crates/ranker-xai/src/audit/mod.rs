//! Whether rankings treat groups of candidates alike.
//!
//! The groups come from the auditor, apart from the profiles: nothing here is ever a feature of a
//! ranking. What is audited is a list of [`Served`] rankings, in the order in which they were shown.
//!
//! - [`Rates::selection`] and [`Rates::scoring`]: who is among the first `k`, and who scores above the
//!   median, group by group, with impact ratios, intervals and tests.
//! - [`exposures`]: how much attention the places of a group draw.
//! - [`skew`], [`ndkl`], [`rkl`]: how far the heads of rankings are from a wanted mixture.
//! - [`FairTopK`]: the ranked group fairness test FA*IR; [`det_greedy`] and [`det_relaxed`]: orders of
//!   the same candidates under a wanted mixture.
//! - [`Swap`]: what other names, pronouns or addresses in all resumes do to rankings, by [`rank_biased_overlap`] too.
//! - [`Audit`]: all of it as one report, as text and as a page ([`crate::html::audit`]).
//!
//! The numbers are those that laws and guidelines ask for; whether a use is lawful they cannot say.
//!
//! ```
//! use ranker_core::CandidateId;
//! use ranker_xai::audit::{Audit, Groups, Served};
//!
//! let ids: Vec<CandidateId> = (0..40).map(|i| CandidateId::new(format!("p{i}")).unwrap()).collect();
//! let members = ids.iter().enumerate().map(|(i, id)| (id.clone(), if i % 3 == 0 { "a" } else { "b" }));
//! let groups = Groups::new("group", members)?;
//! let served = [Served::new(ids)];
//! let audit = Audit::of(&served, &groups, 10)?;
//! assert_eq!(audit.selection.rows[0].chosen, 4);
//! println!("{audit}");
//! # Ok::<(), ranker_xai::audit::AuditError>(())
//! ```

mod binomial;
mod deterministic;
mod error;
mod exposure;
mod fair_top_k;
mod fisher;
mod groups;
mod interval;
mod mixture;
mod rates;
mod report;
mod swaps;

pub use deterministic::{det_greedy, det_relaxed};
pub use error::AuditError;
pub use exposure::{GroupExposure, exposures};
pub use fair_top_k::FairTopK;
pub use fisher::fisher_exact;
pub use groups::{Groups, Served};
pub use interval::{clopper_pearson, wilson};
pub use mixture::{Mixture, ndkl, rkl, skew};
pub use rates::{Chosen, GroupRate, Rates};
pub(crate) use report::RateRemark;
pub use report::{Audit, GroupSkew};
pub use swaps::{Swap, rank_biased_overlap};
