//! A model that weighs a vocabulary, beside the encoder.

use std::path::Path;
use std::sync::Arc;

use ranker::Profile;
use ranker::core::Role;
use ranker::embed::{OnnxSparseEmbedder, SparseEmbedder};
use ranker::retrieve::{SparseIndex, weigh_profiles};

use crate::{Outcome, Progress, runtime, say};

/// Profiles weighed in one call.
const STEP: usize = 64;

/// Loads the model in a folder, and says on standard error what runs it and how far it reads.
///
/// # Errors
///
/// A folder of another kind of model, or one that is not complete; no ONNX Runtime.
pub fn open_sparse(folder: &Path) -> Outcome<OnnxSparseEmbedder> {
    runtime();
    let encoder = OnnxSparseEmbedder::from_dir(folder)?;
    let name = folder.file_name().unwrap_or(folder.as_os_str()).display();
    let read = |role| match encoder.max_tokens(role) {
        usize::MAX => "all".to_owned(),
        tokens => tokens.to_string(),
    };
    say(&format!(
        "sparse model {name}: {} reads {} tokens of a job, {} {} of a profile",
        encoder.backend(Role::Query),
        read(Role::Query),
        encoder.backend(Role::Document),
        read(Role::Document)
    ));
    Ok(encoder)
}

/// Weighs profiles, showing progress, and indexes them. Vectors of a file, where one is named, are not made again, and it has
/// those of these profiles then and of nobody else.
///
/// # Errors
///
/// Profiles that cannot be weighed; a file that cannot be used.
pub fn index_sparse(
    encoder: OnnxSparseEmbedder,
    profiles: &[Profile],
    file: Option<&Path>,
) -> Outcome<SparseIndex> {
    let encoder: Arc<dyn SparseEmbedder> = Arc::new(encoder);
    let shared: Vec<Arc<Profile>> = profiles.iter().cloned().map(Arc::new).collect();
    let mut progress: Option<Progress> = None;
    let mut reached = |done, all| {
        progress
            .get_or_insert_with(|| Progress::new("weighing profiles", all))
            .reach(done);
    };
    let (index, cut) = match file {
        Some(file) => {
            let (index, opened) = SparseIndex::open(file, encoder, &shared, &mut reached)?;
            (index, opened.cut)
        }
        None => {
            let index = SparseIndex::new(Arc::clone(&encoder), [])?;
            let mut cut = 0;
            for step in shared.chunks(STEP) {
                for (profile, weighed) in step.iter().zip(weigh_profiles(&*encoder, step)?) {
                    cut += usize::from(weighed.usage.is_cut());
                    index.insert(Arc::clone(profile), weighed.vector)?;
                }
                reached(index.len(), shared.len());
            }
            (index, cut)
        }
    };
    progress.into_iter().for_each(Progress::finish);
    let weights = index.ids().into_iter().filter_map(|id| index.vector(&id));
    let weights: usize = weights.map(|vector| vector.len()).sum();
    say(&format!(
        "{cut} of {} profiles are longer than the sparse model reads; {} weights a profile",
        index.len(),
        weights / index.len().max(1)
    ));
    Ok(index)
}
