//! Inner loops kept from wider instructions: a process of its own, since the limit holds for all of it.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too; clippy only knows `#[test]`.

use ranker_core::{CandidateId, Embedding, Query, Request, Retriever, TokenCodec, TokenEmbeddings};
use ranker_retrieve::{
    FlatIndex, Instructions, InstructionsInUse, QuantizedIndex, TwoBitCodec, limit_instructions,
};

const DIMENSION: usize = 96;

/// Components by a number, different for each.
fn vector(number: usize) -> Embedding {
    let component = |at: usize| ((number * 31 + at * at * 7) as f32).sin();
    Embedding::normalized((0..DIMENSION).map(component).collect()).unwrap()
}

fn tokens(first: usize, count: usize) -> TokenEmbeddings {
    let vectors = (first..first + count).flat_map(|n| vector(n).as_slice().to_vec());
    let spans = (0..count).map(|at| 4 * at..4 * at + 3).collect();
    TokenEmbeddings::new(DIMENSION, vectors.collect(), spans).unwrap()
}

#[test]
fn plain_loops_give_the_same_answers() {
    limit_instructions(Instructions::Portable).unwrap();
    let rows = (0..3000).map(|n| (CandidateId::new(format!("p{n}")).unwrap(), vector(n)));
    let rows: Vec<_> = rows.collect();
    let quantized = QuantizedIndex::new(rows.clone()).unwrap();
    assert_eq!(quantized.stats().instructions, "portable");
    let flat = FlatIndex::new(rows).unwrap();
    for asked in 0..20 {
        let job = ranker_core::JobDescription::new("asked").unwrap();
        let query = Query::new(job).with_embedding(vector(10_000 + asked));
        let ids = |index: &dyn Retriever| {
            let hits = pollster::block_on(index.retrieve(&query, &Request::top(5))).unwrap();
            hits.iter().map(|hit| hit.id().clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&quantized), ids(&flat), "query {asked}");
    }
    let job = tokens(50, 40);
    let codes = TwoBitCodec.encode(&tokens(0, 90)).unwrap();
    let found = TwoBitCodec.max_similarities(&job, &[&codes]).unwrap()[0];
    let decoded = TwoBitCodec.decode(&codes).unwrap();
    assert!((found - job.max_similarity(&decoded).unwrap()).abs() < 0.01);

    assert_eq!(
        limit_instructions(Instructions::Avx2),
        Err(InstructionsInUse)
    );
}
