//! From a directory to a collection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use ranker_core::BoxError;

use super::error::CollectionError;
use super::lock::WriterLock;
use super::opened::{Derived, Opened};
use super::options::CollectionOptions;
use super::plain;
use super::stamp::{Stamp, Standing};
use super::store::Store;
use super::store_view::StoreView;
use super::words::Words;
use super::{Collection, Writer, background, vectors};

/// The name of the store.
pub(super) const STORE: &str = "profiles.redb";

pub(super) fn create(
    path: &Path,
    options: CollectionOptions,
) -> Result<Collection, CollectionError> {
    let made = std::fs::create_dir_all(path);
    made.map_err(|error| CollectionError::io(path, "created", error))?;
    let lock = WriterLock::take(path)?;
    let file = path.join(STORE);
    if file.exists() {
        let path = path.to_owned();
        return Err(CollectionError::Exists { path });
    }
    Store::create(&file, unique_number(path))?;
    with_lock(path, options, lock)
}

pub(super) fn open(path: &Path, options: CollectionOptions) -> Result<Collection, CollectionError> {
    if !path.join(STORE).is_file() {
        let path = path.to_owned();
        return Err(CollectionError::Missing { path });
    }
    with_lock(path, options, WriterLock::take(path)?)
}

fn with_lock(
    path: &Path,
    options: CollectionOptions,
    lock: WriterLock,
) -> Result<Collection, CollectionError> {
    let file: PathBuf = path.join(STORE);
    plain::check_file(&file).map_err(|error| CollectionError::io(&file, "opened", error))?;
    let store = Store::open(&file)?;
    let view = store.now()?;
    if !view.is_whole()? {
        return Err(view.damaged("its tables do not fit each other"));
    }
    let background = background::threads(path)?;
    let (vectors, words) = background.join(
        || vectors::open(path, &view, options),
        || open_words(path, &view, options),
    );
    let ((indexed, vectors_came), (words, words_came)) = (vectors?, words?);
    let saved = match &vectors_came {
        Derived::Read { behind } => view.state.version - behind,
        Derived::Rebuilt { .. } => view.state.log_from,
    };
    let mut writer = Writer {
        store,
        words,
        indexed,
        failed: false,
        saved,
    };
    if matches!(vectors_came, Derived::Rebuilt { .. }) && view.state.count > 0 {
        // It can be searched all the same; what is not saved is built anew the next time.
        let _ = background.install(|| writer.save(path, &view.state));
    }
    let encoder = view.encoder.clone();
    let without_tokens = view.state.count.saturating_sub(view.token_rows()?);
    let published = writer.show(view, options)?;
    Ok(Collection {
        path: path.to_owned(),
        opened: Opened {
            vectors: vectors_came,
            keywords: words_came,
            without_tokens,
        },
        encoder,
        now: RwLock::new(Arc::new(published)),
        writer: Mutex::new(writer),
        background,
        _lock: lock,
    })
}

fn open_words(
    path: &Path,
    view: &StoreView,
    options: CollectionOptions,
) -> Result<(Words, Derived), CollectionError> {
    let state = &view.state;
    let why: BoxError = match Words::open(path, options.keyword) {
        Err(why) => why,
        Ok((mut words, from)) => match from.standing(state) {
            Standing::Ahead => return Err(view.damaged(vectors::AHEAD)),
            Standing::Stale(why) => why.into(),
            Standing::Followed => {
                let behind = state.version - from.version;
                if behind > 0 {
                    words.follow(from, view)?;
                }
                match words.now(options.keyword)?.len() == state.count {
                    true => return Ok((words, Derived::Read { behind })),
                    false => "profiles are missing from it".into(),
                }
            }
        },
    };
    let mut words = Words::create(path, options.keyword)?;
    let beginning = Stamp {
        version: state.log_from,
        next_row: 0,
        ..Stamp::of(state)
    };
    words.follow(beginning, view)?;
    match state.count {
        0 => Ok((words, Derived::Read { behind: 0 })),
        _ => Ok((words, Derived::rebuilt(&why))),
    }
}

/// A number that no other collection has.
fn unique_number(path: &Path) -> u128 {
    let mut hash = blake3::Hasher::new();
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    hash.update(&since.unwrap_or_default().as_nanos().to_le_bytes());
    hash.update(&std::process::id().to_le_bytes());
    hash.update(path.as_os_str().as_encoded_bytes());
    u128::from_le_bytes(std::array::from_fn(|at| hash.finalize().as_bytes()[at]))
}
