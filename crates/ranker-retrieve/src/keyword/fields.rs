//! What is indexed of a profile.

use ranker_core::{Fact, Profile};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{TantivyDocument, Term};

use super::analyzer::ANALYZER;
use super::bm25::WeightedField;
use super::options::{BoostedFact, KeywordOptions};

/// The field of the title and the text.
const TEXT: &str = "text";
/// The field of the title alone.
const TITLE: &str = "title";
/// The name of the column that leads from a document to its profile.
pub(super) const SLOT: &str = "slot";

#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    text: Field,
    title: Option<WeightedField>,
    facts: [Option<(BoostedFact, Field)>; BoostedFact::MOST],
    pub(super) slot: Field,
}

impl Fields {
    /// The fields that are searched.
    pub(crate) fn searched(&self) -> Vec<WeightedField> {
        let text = WeightedField {
            field: self.text,
            boost: 1.0,
        };
        let facts = self.facts.iter().flatten().map(|&(fact, field)| {
            let boost = fact.boost;
            WeightedField { field, boost }
        });
        std::iter::once(text)
            .chain(self.title)
            .chain(facts)
            .collect()
    }

    /// What a field is called.
    pub(super) fn name(&self, field: Field) -> &'static str {
        let mut facts = self.facts.iter().flatten();
        match facts.find(|(_, own)| *own == field) {
            Some((fact, _)) => fact.name,
            None if field == self.text => TEXT,
            None => TITLE,
        }
    }

    /// What is indexed of the profile that is known by this slot.
    pub(crate) fn document(&self, slot: u64, profile: &Profile) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_u64(self.slot, slot);
        document.add_text(self.text, profile.full_text());
        if let Some(title) = self.title {
            document.add_text(title.field, profile.plain_title());
        }
        for (fact, field) in self.facts.iter().flatten() {
            let held = profile.facts().get(fact.name);
            for words in held.into_iter().flat_map(Fact::words) {
                document.add_text(*field, words);
            }
        }
        document
    }

    /// The term of that slot alone.
    pub(crate) fn of_slot(&self, slot: u64) -> Term {
        Term::from_field_u64(self.slot, slot)
    }
}

/// The fields of an index under these options.
pub(crate) fn schema(options: KeywordOptions) -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(ANALYZER)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default().set_indexing_options(indexing);
    let boosted = options.title_boost > 1.0;
    let fields = Fields {
        text: schema.add_text_field(TEXT, text.clone()),
        title: boosted.then(|| WeightedField {
            field: schema.add_text_field(TITLE, text.clone()),
            boost: options.title_boost - 1.0,
        }),
        facts: options.facts.map(|fact| {
            let fact = fact?;
            // A fact may have any name, a field not.
            let name = fact.name.bytes().map(|byte| format!("{byte:02x}"));
            let name = format!("fact-{}", name.collect::<String>());
            Some((fact, schema.add_text_field(&name, text.clone())))
        }),
        slot: schema.add_u64_field(SLOT, INDEXED | FAST),
    };
    (schema.build(), fields)
}
