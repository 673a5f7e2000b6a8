//! Taxonomies and learning-to-rank files of any bytes: an error, or a value that can be used.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ranker_core::JobDescription;
use ranker_expand::{Taxonomy, TaxonomyExpander};
use ranker_rlhf::{read_groups, read_svmlight};

fuzz_target!(|data: &[u8]| {
    let job = JobDescription::new("Senior Rust engineer (SRE), search team").unwrap();
    let taxonomies = [
        Taxonomy::from_reader("fuzz", data),
        Taxonomy::from_esco_csv(data),
    ];
    for taxonomy in taxonomies.into_iter().flatten() {
        let expander = TaxonomyExpander::default().with_taxonomy(taxonomy);
        assert!(expander.expansion(&job).original_mass() >= 0.5);
    }
    let _ = read_svmlight(data);
    let _ = read_groups(data);
});
