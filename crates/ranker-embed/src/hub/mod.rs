//! Model folders from a hub such as Hugging Face's.
//!
//! [`Hub`] brings the files that an encoder needs into a cache of the layout that Python's `huggingface_hub` and the
//! libraries on it use (<https://huggingface.co/docs/hub/local-cache>), so that both find what the other has loaded.

mod blob;
mod environment;
mod error;
mod files;
mod name;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use ranker_http::{Call, Client, Endpoint};

pub use error::HubError;
pub use name::HubModel;

use crate::OnnxEmbedder;
use blob::{Fetch, cache};
use files::RemoteFile;

/// A hub, and the cache of what it gave.
///
/// ```no_run
/// use ranker_embed::{Hub, HubModel, OnnxEmbedder};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let model = HubModel::new("sentence-transformers/all-MiniLM-L6-v2")?
///     .with_revision("1110a243fdf4706b3f48f1d95db1a4f5529b4d41")?;
/// let embedder = OnnxEmbedder::from_hub(&Hub::from_env()?, &model, &mut |done, of| {
///     eprintln!("{done} of {of} bytes");
/// })?;
/// # Ok(())
/// # }
/// ```
///
/// - A hub is asked what a revision holds, and for those of its files that are not in the cache yet. A commit cannot
///   change: where the cache has it, nobody is asked. Offline, what the cache holds of a revision is taken as it is.
/// - A file that breaks off is gone on with, in this call or the next; each is checked by its hash before it counts.
///   Weights come last, so that a model that did not come whole has none.
/// - Neither environment nor home folder is looked at, but by [`Hub::from_env`].
pub struct Hub {
    client: Option<Client>,
    cache: PathBuf,
}

impl Hub {
    /// A hub at an address, such as `https://huggingface.co`, with a folder for what it gives.
    #[must_use]
    pub fn new(endpoint: Endpoint, cache: impl Into<PathBuf>) -> Self {
        Self {
            client: Some(Client::new(endpoint)),
            cache: cache.into(),
        }
    }

    /// The cache alone: what is not in it is [`HubError::NotCached`].
    #[must_use]
    pub fn offline(cache: impl Into<PathBuf>) -> Self {
        Self {
            client: None,
            cache: cache.into(),
        }
    }

    /// The folder in which models are kept.
    #[must_use]
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// The folder of a model at its revision, with all that an encoder needs. `progress` is told how many bytes of how
    /// many are there.
    ///
    /// # Errors
    ///
    /// [`HubError`]; what came stays in the cache.
    pub fn fetch(
        &self,
        model: &HubModel,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<PathBuf, HubError> {
        let folder = self.cache.join(model.folder());
        let pinned = name::is_commit(&model.revision);
        let kept = match &self.client {
            Some(_) if !pinned => None,
            _ => cached(&folder, model),
        };
        let client = match (kept, &self.client) {
            (Some(snapshot), _) => return Ok(snapshot),
            (None, Some(client)) => client,
            (None, None) => {
                return Err(HubError::NotCached {
                    model: model.id.clone(),
                    revision: model.revision.clone(),
                    cache: self.cache.clone(),
                });
            }
        };
        let (commit, files) = described(client, model)?;
        let snapshot = folder.join("snapshots").join(&commit);
        let total = files.iter().map(|file| file.size).sum();
        let mut done = 0;
        for file in &files {
            let to = folder.join("blobs").join(file.sum.as_str());
            if !to.is_file() {
                let path = format!(
                    "/{}/resolve/{commit}/{}",
                    model.id,
                    escaped(&file.path, "/")
                );
                make_parent(&to)?;
                let to = &to;
                let fetch = Fetch {
                    client,
                    path,
                    file,
                    to,
                };
                fetch.run(&mut |have| progress(done + have, total))?;
            }
            point(&snapshot, file)?;
            done += file.size;
            progress(done, total);
        }
        if !pinned {
            let reference = folder.join("refs").join(&model.revision);
            make_parent(&reference)?;
            fs::write(&reference, &commit).map_err(|source| cache(&reference, source))?;
        }
        Ok(snapshot)
    }
}

impl OnnxEmbedder {
    /// Loads a model from a hub, or from the cache of what it gave. `progress` is told how many bytes of how many are
    /// there; other settings take [`OnnxEmbedder::builder`] over the folder that [`Hub::fetch`] gives.
    ///
    /// # Errors
    ///
    /// [`HubError`].
    pub fn from_hub(
        hub: &Hub,
        model: &HubModel,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, HubError> {
        let folder = hub.fetch(model, progress)?;
        Ok(Self::from_dir(folder)?)
    }
}

/// The commit and files of a model.
fn described(client: &Client, model: &HubModel) -> Result<(String, Vec<RemoteFile>), HubError> {
    let revision = escaped(&model.revision, "%2F");
    let path = format!("/api/models/{}/revision/{revision}?blobs=true", model.id);
    let failed = |source| HubError::Hub {
        name: model.id.clone(),
        source: Box::new(source),
    };
    let answer = client.found(&Call::get(path)).map_err(failed)?;
    files::described(&model.id, &answer.json().map_err(failed)?)
}

/// The snapshot of a revision that is in the cache whole, as far as its weights and tokenizer tell.
fn cached(folder: &Path, model: &HubModel) -> Option<PathBuf> {
    let commit = match name::is_commit(&model.revision) {
        true => model.revision.clone(),
        false => fs::read_to_string(folder.join("refs").join(&model.revision)).ok()?,
    };
    let commit = commit.trim();
    let snapshot = folder.join("snapshots").join(commit);
    let names: Vec<&str> = [
        "model.onnx",
        "onnx/model.onnx",
        "model.safetensors",
        "tokenizer.json",
        "config.json",
    ]
    .into_iter()
    .filter(|name| snapshot.join(name).is_file())
    .collect();
    let whole = name::is_commit(commit)
        && names.contains(&"config.json")
        && files::needed(&model.id, &names).is_ok();
    whole.then_some(snapshot)
}

/// A name as a part of a URL's path, with its slashes as they are needed there.
fn escaped(name: &str, slash: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'/' => out.push_str(slash),
            b'.' | b'-' | b'_' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn make_parent(path: &Path) -> Result<(), HubError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(|source| cache(parent, source))
}

/// Puts a file into a snapshot, as a link to its content.
fn point(snapshot: &Path, file: &RemoteFile) -> Result<(), HubError> {
    let link = snapshot.join(&file.path);
    make_parent(&link)?;
    let up = "../".repeat(2 + file.path.matches('/').count());
    let content = PathBuf::from(format!("{up}blobs/{}", file.sum.as_str()));
    match fs::read_link(&link) {
        Ok(there) if there == content => return Ok(()),
        _ => {}
    }
    let _ = fs::remove_file(&link);
    place(&content, &link).map_err(|source| cache(&link, source))
}

#[cfg(unix)]
fn place(content: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(content, link)
}

/// Where links need a privilege, a copy, as Python's does.
#[cfg(not(unix))]
fn place(content: &Path, link: &Path) -> std::io::Result<()> {
    let from = link.parent().unwrap_or(link).join(content);
    fs::copy(from, link).map(|_| ())
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("client", &self.client)
            .field("cache", &self.cache)
            .finish()
    }
}
