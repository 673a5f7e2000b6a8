//! Concepts: what they are called, and what goes with them.

mod builder;
mod concept;
mod error;
mod esco;
pub(crate) mod mined;
mod shipped;
mod table;

use std::fmt;
use std::io::Read;
use std::sync::Arc;

pub(crate) use builder::Builder;
pub(crate) use concept::{Concept, Context, Form, Kind, Label};
pub use error::TaxonomyError;

use crate::matcher::{Matcher, Sense};

/// A named set of concepts, ready to be looked for in a job.
///
/// Cloning is cheap: the concepts are shared.
#[derive(Clone)]
pub struct Taxonomy(Arc<Inner>);

struct Inner {
    name: Box<str>,
    concepts: Vec<Concept>,
    matcher: Matcher,
}

impl Taxonomy {
    /// The shipped table of acronyms, skills and common job names, written for this crate.
    #[must_use]
    pub fn acronyms_and_skills() -> Self {
        shipped::acronyms_and_skills()
    }

    /// The shipped table of occupations, derived from O*NET 27.0 (CC BY 4.0; see the crate's `NOTICE`).
    ///
    /// Do not measure quality with it on a collection whose judgements were made from O*NET titles: the
    /// expansion would repeat the judge's own words. No default uses this table.
    #[must_use]
    pub fn onet() -> Self {
        shipped::onet()
    }

    /// Reads a table of tab-separated columns; `name` says where a term comes from, in reasons.
    ///
    /// The first row names the columns; lines that start with `#` and empty lines are passed over.
    ///
    /// | column | holds |
    /// | --- | --- |
    /// | `kind` | `skill`, `occupation` (looked for only in the title or first line), or `term` |
    /// | `name` | the concept's name |
    /// | `aliases` | other names, best first, separated by a bar |
    /// | `short` | short forms, separated by a bar |
    /// | `context` | words of which a job must hold one for a short form to mean this; with `*` first, it is the everyday meaning besides; empty if it always means this |
    /// | `related` | what whoever knows the concept knows too, separated by a bar |
    ///
    /// A label with a mark before it is understood in a job and never added to one: `=IT` only as written
    /// so, `~Quick Books` however it is written. Columns that are empty at a row's end may be left out.
    ///
    /// ```
    /// use ranker_expand::Taxonomy;
    ///
    /// let table = "kind\tname\taliases\tshort\nskill\tgravity model\t\tGM\n";
    /// assert_eq!(Taxonomy::from_reader("ours", table.as_bytes())?.len(), 1);
    /// # Ok::<(), ranker_expand::TaxonomyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TaxonomyError`], with the line, for anything that is not such a table.
    pub fn from_reader(name: &str, reader: impl Read) -> Result<Self, TaxonomyError> {
        let mut builder = Builder::default();
        table::read(&mut builder, reader)?;
        builder.build(name)
    }

    /// Reads the occupations of ESCO from its `occupations_en.csv` (or another language's), which is not
    /// shipped: fetch it from the European Commission's ESCO portal and observe its terms.
    ///
    /// Taken are the preferred label and the alternative ones; other columns are passed over.
    ///
    /// # Errors
    ///
    /// [`TaxonomyError`], with the line, for anything that is not such a file.
    pub fn from_esco_csv(reader: impl Read) -> Result<Self, TaxonomyError> {
        let mut builder = Builder::default();
        esco::read(&mut builder, reader)?;
        builder.build("ESCO")
    }

    /// The name that reasons give as the source.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How many concepts it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.concepts.len()
    }

    /// Whether it holds none, which no constructor allows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.concepts.is_empty()
    }

    /// The skills: the name of each, and what else it is called. Short forms that mean this only in
    /// some context, and labels that are another word otherwise, are not among them.
    pub fn skills(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let skills = self
            .concepts()
            .iter()
            .filter(|concept| concept.kind == Kind::Skill);
        skills.filter_map(|concept| {
            let (name, others) = concept.labels.split_first()?;
            let plain = others.iter().filter(|label| concept.may_add(label));
            let others = plain.map(|label| &*label.phrase.text).collect();
            Some((&*name.phrase.text, others))
        })
    }

    /// Labels of the skills that are another word otherwise, and mean the skill only as they are written ("Excel", "BI"):
    /// the name of each skill, and its labels.
    ///
    /// ```
    /// use ranker_expand::Taxonomy;
    ///
    /// let table = "kind\tname\taliases\tshort\nskill\tMicrosoft Excel\tMS Excel\t=Excel\n";
    /// let taxonomy = Taxonomy::from_reader("ours", table.as_bytes())?;
    /// let written: Vec<_> = taxonomy.skills_as_written().collect();
    /// assert_eq!(written, [("Microsoft Excel", vec!["Excel"])]);
    /// # Ok::<(), ranker_expand::TaxonomyError>(())
    /// ```
    pub fn skills_as_written(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let skills = self
            .concepts()
            .iter()
            .filter(|concept| concept.kind == Kind::Skill);
        skills.filter_map(|concept| {
            let (name, others) = concept.labels.split_first()?;
            let exact = others.iter().filter(|label| label.exact.is_some());
            let exact: Vec<&str> = exact.map(|label| &*label.phrase.text).collect();
            (!exact.is_empty()).then_some((&*name.phrase.text, exact))
        })
    }

    pub(crate) fn new(name: &str, concepts: Vec<Concept>) -> Self {
        let matcher = Matcher::new(&concepts);
        Self(Arc::new(Inner {
            name: name.into(),
            concepts,
            matcher,
        }))
    }

    pub(crate) fn matcher(&self) -> &Matcher {
        &self.0.matcher
    }

    pub(crate) fn concepts(&self) -> &[Concept] {
        &self.0.concepts
    }

    /// The concept and the label that a match points to.
    pub(crate) fn sense(&self, sense: Sense) -> (&Concept, &Label) {
        let concept = &self.0.concepts[sense.concept as usize];
        (concept, &concept.labels[sense.label as usize])
    }
}

impl fmt::Debug for Taxonomy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taxonomy")
            .field("name", &self.0.name)
            .field("concepts", &self.0.concepts.len())
            .finish()
    }
}
