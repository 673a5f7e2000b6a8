//! Job descriptions, and how an expansion is shown.

use ranker_core::{Expansion, JobDescription};
use ranker_expand::Expander;

pub(crate) fn titled(title: &str, text: &str) -> JobDescription {
    JobDescription::new(text).unwrap().with_title(title)
}

pub(crate) fn untitled(text: &str) -> JobDescription {
    JobDescription::new(text).unwrap()
}

pub(crate) fn expand(expander: &dyn Expander, job: &JobDescription) -> Expansion {
    pollster::block_on(expander.expand(job)).unwrap()
}

/// One term a line.
pub(crate) fn show(expansion: &Expansion) -> String {
    let mut lines = String::new();
    for term in expansion.terms() {
        let (weight, source) = (term.weight(), term.source());
        lines += &format!(
            "{weight:.3} {source:10} {}: {}\n",
            term.text(),
            term.reason()
        );
    }
    lines
}

pub(crate) fn texts(expansion: &Expansion) -> Vec<&str> {
    expansion.terms().iter().map(|term| term.text()).collect()
}
