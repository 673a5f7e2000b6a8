//! Expansion from tables.

use ranker_core::{
    ExpandError, Expander, Expansion, JobDescription, TermSource, ValueError, async_trait,
};

use crate::fold::{Phrase, Words};
use crate::relation::{Relation, Weights};
use crate::taxonomy::{Concept, Form, Kind, Label, Taxonomy};
use crate::terms::{DEFAULT_MAX_TERMS, Terms};

/// The most labels of one concept that are added.
const MAX_LABELS: usize = 3;
/// What each further label of a concept weighs beside the one before it.
const DECAY: f32 = 0.5;
/// What a meaning weighs where the job leaves two open.
const UNSURE: f32 = 0.5;

/// Adds what a job's acronyms stand for, other names of its skills and occupation, and what goes with
/// them, from [`Taxonomy`] tables.
///
/// The default knows the shipped acronyms and skills alone. Occupations are another source, taken in by
/// hand, so that what each adds can be measured by itself:
///
/// ```
/// use ranker_core::JobDescription;
/// use ranker_expand::{Taxonomy, TaxonomyExpander};
///
/// let expander = TaxonomyExpander::default().with_taxonomy(Taxonomy::onet());
/// let job = JobDescription::new("NLP engineer, Kubernetes")?;
/// let expansion = expander.expansion(&job);
/// let term = &expansion.terms()[0];
/// assert_eq!(term.text(), "natural language processing");
/// assert_eq!(term.reason(), "'NLP' in the job stands for natural language processing (skill table)");
/// # Ok::<(), ranker_core::ValueError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TaxonomyExpander {
    taxonomies: Vec<Taxonomy>,
    weights: Weights,
    max_terms: usize,
}

impl Default for TaxonomyExpander {
    fn default() -> Self {
        Self::acronyms_and_skills()
    }
}

impl TaxonomyExpander {
    /// Expands from the shipped acronyms and skills: [`Taxonomy::acronyms_and_skills`].
    #[must_use]
    pub fn acronyms_and_skills() -> Self {
        Self::new(Taxonomy::acronyms_and_skills())
    }

    /// Expands from this taxonomy alone.
    #[must_use]
    pub fn new(taxonomy: Taxonomy) -> Self {
        Self {
            taxonomies: vec![taxonomy],
            weights: Weights::default(),
            max_terms: DEFAULT_MAX_TERMS,
        }
    }

    /// Expands from this taxonomy too.
    #[must_use]
    pub fn with_taxonomy(mut self, taxonomy: Taxonomy) -> Self {
        self.taxonomies.push(taxonomy);
        self
    }

    /// Sets what a relation weighs, from 0 (its terms are left out) to 1.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for another weight.
    pub fn with_weight(mut self, relation: Relation, weight: f32) -> Result<Self, ValueError> {
        self.weights.set(relation, weight)?;
        Ok(self)
    }

    /// Sets the most terms of an expansion. 12 by default.
    #[must_use]
    pub fn with_max_terms(mut self, max_terms: usize) -> Self {
        self.max_terms = max_terms;
        self
    }

    /// The terms to add to the job. [`Expander::expand`] gives the same without a detour: nothing waits.
    #[must_use]
    pub fn expansion(&self, job: &JobDescription) -> Expansion {
        let words = Words::of(&job.full_text());
        let mut terms = Terms::new(&words);
        for taxonomy in &self.taxonomies {
            for found in taxonomy.matcher().find(taxonomy.concepts(), &words) {
                let said = words.text_of(&words.list()[found.words]);
                let share = if found.senses.len() > 1 { UNSURE } else { 1.0 };
                for sense in found.senses {
                    let (concept, label) = taxonomy.sense(sense);
                    let source = taxonomy.name();
                    let hit = Hit {
                        source,
                        concept,
                        label,
                        said,
                        share,
                    };
                    self.add_labels(&mut terms, &hit);
                    self.add_related(&mut terms, &hit);
                }
            }
        }
        terms.heaviest(self.max_terms)
    }

    fn add_labels(&self, terms: &mut Terms<'_>, hit: &Hit<'_>) {
        let is_new = |other: &&Label| {
            // "Python programming" finds nobody whom "Python" does not find.
            let repeats = other.phrase.contains(&hit.label.phrase);
            !repeats && hit.concept.may_add(other) && terms.is_new(&other.phrase)
        };
        let new: Vec<&Label> = hit
            .concept
            .labels
            .iter()
            .filter(is_new)
            .take(MAX_LABELS)
            .collect();
        let mut decay = hit.share;
        for other in new {
            let relation = Relation::between(hit.concept.kind, hit.label.form, other.form);
            let weight = self.weights.of(relation) * decay;
            let source = relation.source(hit.concept.kind);
            let because = hit.because(other, relation);
            terms.add(&other.phrase, weight, source, because);
            decay *= DECAY;
        }
    }

    fn add_related(&self, terms: &mut Terms<'_>, hit: &Hit<'_>) {
        let is_new = |phrase: &&Phrase| terms.is_new(phrase);
        let new: Vec<&Phrase> = hit
            .concept
            .related
            .iter()
            .filter(is_new)
            .take(MAX_LABELS)
            .collect();
        let mut weight = self.weights.of(Relation::Related) * hit.share;
        for phrase in new {
            let because = hit.because_related(&phrase.text);
            terms.add(phrase, weight, TermSource::Skill, because);
            weight *= DECAY;
        }
    }
}

/// A concept that the job speaks of.
struct Hit<'a> {
    source: &'a str,
    concept: &'a Concept,
    label: &'a Label,
    said: &'a str,
    share: f32,
}

impl Hit<'_> {
    fn because(&self, other: &Label, relation: Relation) -> String {
        let is_unsure = self.share < 1.0;
        let verb = match relation {
            Relation::Acronym if other.form == Form::Short => "is also written",
            Relation::Acronym if is_unsure => "may stand for",
            Relation::Acronym => "stands for",
            Relation::Alias | Relation::Occupation | Relation::Related if is_unsure => {
                "may also be called"
            }
            Relation::Alias | Relation::Occupation | Relation::Related => "is also called",
        };
        let place = match self.concept.kind {
            Kind::Occupation => "the job's title",
            Kind::Skill | Kind::Term => "the job",
        };
        let (said, source) = (self.said, self.source);
        format!(
            "'{said}' in {place} {verb} {} ({source})",
            other.phrase.text
        )
    }

    fn because_related(&self, text: &str) -> String {
        let (said, source) = (self.said, self.source);
        format!("'{said}' in the job goes with {text} ({source})")
    }
}

#[async_trait]
impl Expander for TaxonomyExpander {
    async fn expand(&self, job: &JobDescription) -> Result<Expansion, ExpandError> {
        Ok(self.expansion(job))
    }
}
