//! Through every crate, on the bundled encoder and profiles.

use std::path::{Path, PathBuf};

use ranker::core::{Embedder, Role, TermOf, conformance};
use ranker::embed::{OnnxEmbedder, TokenCache, onnxruntime};
use ranker::expand::TaxonomyExpander;
use ranker::retrieve::ProfileIndex;
use ranker::{Ranker, files};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// The bundled encoder; on ONNX Runtime where this process is told where it lies.
fn encoder() -> TokenCache<OnnxEmbedder> {
    if let Some(library) = onnxruntime::path_from_env() {
        onnxruntime::load(&library).unwrap();
    }
    let encoder = OnnxEmbedder::from_dir(repository("models/all-MiniLM-L6-v2")).unwrap();
    TokenCache::new(encoder, 64 << 20)
}

#[test]
fn ranks_and_explains_real_profiles() {
    let mut profiles = files::read_profiles(&repository("data/bundled/profiles.jsonl"))
        .unwrap()
        .profiles;
    profiles.truncate(60);
    let encoder = encoder();
    let texts: Vec<String> = profiles.iter().map(ranker::Profile::full_text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = encoder.embed(&texts, Role::Document).unwrap();
    let entries = profiles
        .into_iter()
        .zip(vectors.into_iter().map(|e| e.embedding));
    let index = ProfileIndex::new(entries).unwrap();
    let ranker = Ranker::builder(encoder, index)
        .expander(TaxonomyExpander::default())
        .top_k(10)
        .candidates(30)
        .build()
        .unwrap();

    let jobs = files::read_jobs(&repository("data/bundled/jobs.jsonl")).unwrap();
    let ranking = pollster::block_on(ranker.rank(&jobs[0].job)).unwrap();
    assert_eq!(ranking.len(), 10);
    assert!(ranking.as_slice().is_sorted_by(|a, b| a.score >= b.score));
    let again = pollster::block_on(ranker.rank(&jobs[0].job)).unwrap();
    assert_eq!(ranking, again, "the same question has the same answer");

    let explanations = pollster::block_on(ranker.explain_all(&ranking, 3)).unwrap();
    for (ranked, explanation) in ranking.iter().zip(&explanations) {
        let sum: f64 = explanation
            .parts()
            .iter()
            .map(|part| part.contribution)
            .sum();
        assert!((explanation.base() + sum - ranked.score.get()).abs() < 1e-9);
        assert!(
            !explanation.matches().is_empty(),
            "a passage matched some requirement"
        );
        for part in explanation
            .parts()
            .iter()
            .filter(|part| !part.terms.is_empty())
        {
            let terms: f64 = part.terms.iter().map(|term| term.contribution).sum();
            assert!((terms - part.contribution).abs() < 1e-6, "{part:?}");
        }
        for (_, term) in explanation.added_terms() {
            let TermOf::Added { from, .. } = &term.of else {
                panic!("{term:?}");
            };
            assert!(ranking.query().expansion().terms().contains(from));
        }
    }
    let scorer = ranker.scorer();
    let explainer = ranker::xai::AdditiveExplainer::new();
    conformance::explainer(&explainer, &*scorer, &ranking.as_slice()[..3]).unwrap();
}
