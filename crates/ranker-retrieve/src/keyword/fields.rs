//! What is indexed of a profile.

use ranker_core::Profile;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{TantivyDocument, Term};

use super::analyzer::composed;
use super::bm25::WeightedField;
use super::options::KeywordOptions;

/// The name under which tantivy knows our analyzer.
pub(crate) const ANALYZER: &str = "ranker-english";
/// The name of the column that leads from a document to its profile.
pub(super) const SLOT: &str = "slot";

#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    text: Field,
    title: Option<(Field, f32)>,
    pub(super) slot: Field,
}

impl Fields {
    /// The fields that are searched.
    pub(crate) fn searched(&self) -> Vec<WeightedField> {
        let text = WeightedField {
            field: self.text,
            boost: 1.0,
        };
        let title = self
            .title
            .map(|(field, boost)| WeightedField { field, boost });
        std::iter::once(text).chain(title).collect()
    }

    /// What is indexed of the profile that is known by this slot.
    pub(crate) fn document(&self, slot: u64, profile: &Profile) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_u64(self.slot, slot);
        document.add_text(self.text, composed(&profile.full_text()));
        if let Some((title, _)) = self.title {
            document.add_text(title, composed(profile.title()));
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
        text: schema.add_text_field("text", text.clone()),
        title: boosted.then(|| {
            (
                schema.add_text_field("title", text),
                options.title_boost - 1.0,
            )
        }),
        slot: schema.add_u64_field(SLOT, INDEXED | FAST),
    };
    (schema.build(), fields)
}
