//! The tables that come with the crate.

use std::sync::LazyLock;

use super::builder::Builder;
use super::{Taxonomy, TaxonomyError, table};

const ACRONYMS_AND_SKILLS: [&str; 4] = [
    include_str!("../../data/technology.tsv"),
    include_str!("../../data/business.tsv"),
    include_str!("../../data/care.tsv"),
    include_str!("../../data/trades.tsv"),
];
const ONET: &str = include_str!("../../data/onet.tsv");

pub(super) fn acronyms_and_skills() -> Taxonomy {
    static TABLE: LazyLock<Taxonomy> = LazyLock::new(|| {
        load("skill table", &ACRONYMS_AND_SKILLS).expect("a test reads this table")
    });
    TABLE.clone()
}

pub(super) fn onet() -> Taxonomy {
    static TABLE: LazyLock<Taxonomy> =
        LazyLock::new(|| load("O*NET", &[ONET]).expect("a test reads this table"));
    TABLE.clone()
}

fn load(name: &str, tables: &[&str]) -> Result<Taxonomy, TaxonomyError> {
    let mut builder = Builder::default();
    for text in tables {
        table::read(&mut builder, text.as_bytes())?;
    }
    builder.build(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::taxonomy::Form;

    #[test]
    fn shipped_tables_are_read_and_have_their_size() {
        assert!(
            acronyms_and_skills().len() > 550,
            "{:?}",
            acronyms_and_skills()
        );
        assert!(onet().len() > 1000, "{:?}", onet());
        assert!(ONET.len() < 1_000_000);
    }

    #[test]
    fn every_row_of_ours_says_something() {
        for concept in acronyms_and_skills().concepts() {
            let said = concept.labels.len() + concept.related.len();
            assert!(said > 1, "{} says nothing", concept.labels[0].phrase.text);
        }
    }

    /// A short form of several meanings needs words of context on all but one of them.
    #[test]
    fn short_forms_of_ours_have_at_most_one_everyday_meaning() {
        let mut meanings: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let table = acronyms_and_skills();
        for concept in table.concepts() {
            for label in concept
                .labels
                .iter()
                .filter(|label| label.form == Form::Short)
            {
                if concept.context.is_everyday() {
                    meanings
                        .entry(&label.phrase.text)
                        .or_default()
                        .push(&concept.labels[0].phrase.text);
                }
            }
        }
        meanings.retain(|_, names| names.len() > 1);
        assert!(meanings.is_empty(), "{meanings:#?}");
    }

    /// A name or alias belongs to one concept, or the matcher would have to guess.
    #[test]
    fn long_forms_of_ours_have_one_meaning() {
        let mut owners: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let table = acronyms_and_skills();
        for concept in table.concepts() {
            for label in concept
                .labels
                .iter()
                .filter(|label| label.form != Form::Short)
            {
                owners
                    .entry(label.phrase.keys.join(" "))
                    .or_default()
                    .push(&concept.labels[0].phrase.text);
            }
        }
        owners.retain(|_, names| names.len() > 1);
        assert!(owners.is_empty(), "{owners:#?}");
    }
}
