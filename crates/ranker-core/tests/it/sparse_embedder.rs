//! The contract of encoders that weigh a vocabulary, against faulty ones.

use std::collections::BTreeMap;

use ranker_core::{
    EmbedError, Role, SparseEmbedded, SparseEmbedder, SparseVector, TokenUsage, conformance,
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Leaves the last text out.
    FewerResults,
    /// A text's weights depend on the others of its batch.
    ByBatch,
    /// Entries that the vocabulary does not have.
    BeyondTheVocabulary,
    /// Weighs nothing of an empty text.
    TakesEmptyTexts,
    /// Read more than there is.
    MoreReadThanThere,
}

/// How often a text has each byte.
struct Bytes(Fault);

impl SparseEmbedder for Bytes {
    fn vocabulary(&self) -> usize {
        match self.0 {
            Fault::BeyondTheVocabulary => 100,
            _ => 256,
        }
    }

    fn model_id(&self) -> &str {
        "bytes"
    }

    fn embed_sparse(&self, texts: &[&str], _: Role) -> Result<Vec<SparseEmbedded>, EmbedError> {
        let weigh = |(index, text): (usize, &&str)| {
            if text.trim().is_empty() && self.0 != Fault::TakesEmptyTexts {
                return Err(EmbedError::EmptyText { index });
            }
            let mut counts: BTreeMap<u32, f32> = BTreeMap::new();
            for byte in text.bytes() {
                *counts.entry(byte.into()).or_default() += match self.0 {
                    Fault::ByBatch => texts.len() as f32,
                    _ => 1.0,
                };
            }
            let vector = SparseVector::new(counts);
            let vector = vector.map_err(|source| EmbedError::Output { index, source })?;
            let used = text.len() + usize::from(self.0 == Fault::MoreReadThanThere);
            Ok(SparseEmbedded::new(
                vector,
                TokenUsage::new(text.len(), used),
            ))
        };
        let most = texts.len() - usize::from(self.0 == Fault::FewerResults && !texts.is_empty());
        texts.iter().take(most).enumerate().map(weigh).collect()
    }
}

#[test]
fn faults_are_found_and_named() {
    let run = |fault| conformance::sparse_embedder(&Bytes(fault));
    run(Fault::None).unwrap();
    let in_order = "one sparse vector a text, in the same order, whatever the batch";
    for (fault, contract) in [
        (Fault::FewerResults, in_order),
        (Fault::ByBatch, in_order),
        (
            Fault::BeyondTheVocabulary,
            "every id is below the vocabulary",
        ),
        (
            Fault::TakesEmptyTexts,
            "an empty text is an error that says which",
        ),
        (Fault::MoreReadThanThere, "usage counts the tokens read"),
    ] {
        let violation = run(fault).unwrap_err();
        assert_eq!(violation.contract(), contract, "{fault:?}: {violation}");
    }
}
