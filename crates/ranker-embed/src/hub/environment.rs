//! What Python's `huggingface_hub` takes from the environment.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use ranker_http::{Endpoint, Secret};

use super::{Hub, HubError};

/// Where models are, unless the environment says otherwise.
const ADDRESS: &str = "https://huggingface.co";

/// How long a piece of a file may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

impl Hub {
    /// The hub and the cache that the environment names, as Python's `huggingface_hub` takes them.
    ///
    /// | variable | what it says | default |
    /// | --- | --- | --- |
    /// | `HF_ENDPOINT` | the hub's address | `https://huggingface.co` |
    /// | `HF_TOKEN` | the token, for models that need one | none |
    /// | `HF_HUB_CACHE` | the cache | `hub` in `HF_HOME` |
    /// | `HF_HOME` | the folder above | `huggingface` in `XDG_CACHE_HOME`, else in `.cache` of the home folder |
    /// | `HF_HUB_OFFLINE` | `1`: nobody is asked, as [`Hub::offline`] | |
    ///
    /// Tokens that `hf auth login` keeps in a file are not read.
    ///
    /// # Errors
    ///
    /// [`HubError::Environment`], which names the variable.
    pub fn from_env() -> Result<Self, HubError> {
        Self::from_variables(&|name| env::var_os(name), env::home_dir())
    }

    fn from_variables(
        variable: &dyn Fn(&str) -> Option<OsString>,
        home: Option<PathBuf>,
    ) -> Result<Self, HubError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &'static str| match variable(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(_)) => Err(wrong(name, "it is no text in UTF-8")),
        };
        let path = |name: &str| variable(name).map(PathBuf::from);
        let caches = || path("XDG_CACHE_HOME").or(home.map(|home| home.join(".cache")));
        let folder = || path("HF_HOME").or(caches().map(|caches| caches.join("huggingface")));
        let cache = path("HF_HUB_CACHE").or_else(|| folder().map(|folder| folder.join("hub")));
        let cache = cache.ok_or_else(|| wrong("HF_HOME", "there is no home folder: set it"))?;
        let offline = text("HF_HUB_OFFLINE")?.map(|value| value.to_lowercase());
        if offline.is_some_and(|value| ["1", "on", "yes", "true"].contains(&value.as_str())) {
            return Ok(Self::offline(cache));
        }
        let address = text("HF_ENDPOINT")?.unwrap_or_else(|| ADDRESS.to_owned());
        let endpoint = Endpoint::new(address).map_err(|source| wrong("HF_ENDPOINT", source))?;
        let endpoint = endpoint.with_time_limit(PATIENCE);
        let endpoint = match text("HF_TOKEN")? {
            Some(token) => endpoint
                .with_bearer(&Secret::new(token))
                .map_err(|source| wrong("HF_TOKEN", source))?,
            None => endpoint,
        };
        Ok(Self::new(endpoint, cache))
    }
}

fn wrong(variable: &'static str, source: impl Into<ranker_core::BoxError>) -> HubError {
    HubError::Environment {
        variable,
        source: source.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(variables: &[(&str, &str)], home: Option<&str>) -> Result<Hub, HubError> {
        let find = |name: &str| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Hub::from_variables(&find, home.map(PathBuf::from))
    }

    #[test]
    fn the_cache_is_where_python_has_it() {
        let cache = |variables: &[(&str, &str)]| hub(variables, Some("/home/me")).unwrap().cache;
        assert_eq!(cache(&[]), PathBuf::from("/home/me/.cache/huggingface/hub"));
        let mut variables = vec![("XDG_CACHE_HOME", "/x"), ("HF_TOKEN", "")];
        assert_eq!(cache(&variables), PathBuf::from("/x/huggingface/hub"));
        variables.push(("HF_HOME", "/y"));
        assert_eq!(cache(&variables), PathBuf::from("/y/hub"));
        variables.push(("HF_HUB_CACHE", "/z"));
        assert_eq!(cache(&variables), PathBuf::from("/z"));
        assert!(hub(&[], None).is_err());
    }

    #[test]
    fn address_token_and_offline_are_taken() {
        let shown =
            |variables: &[(&str, &str)]| format!("{:?}", hub(variables, Some("/h")).unwrap());
        assert!(shown(&[]).contains("huggingface.co"));
        let other = shown(&[
            ("HF_ENDPOINT", "http://localhost:1"),
            ("HF_TOKEN", "hf_s3cret"),
        ]);
        assert!(
            other.contains("localhost:1") && !other.contains("s3cret"),
            "{other}"
        );
        assert!(
            hub(&[("HF_HUB_OFFLINE", "1")], Some("/h"))
                .unwrap()
                .client
                .is_none()
        );
        assert!(
            hub(&[("HF_HUB_OFFLINE", "0")], Some("/h"))
                .unwrap()
                .client
                .is_some()
        );
        for wrong in [("HF_ENDPOINT", "nowhere"), ("HF_TOKEN", "a\nb")] {
            let error = hub(&[wrong], Some("/h")).unwrap_err();
            assert!(error.to_string().contains(wrong.0), "{error}");
        }
    }
}
