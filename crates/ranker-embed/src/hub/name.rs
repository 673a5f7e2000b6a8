//! Names from outside: of models, revisions and files. None may lead out of the cache.

use super::HubError;

/// A model of a hub, at a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubModel {
    pub(crate) id: String,
    pub(crate) revision: String,
}

impl HubModel {
    /// A model by its name, such as `sentence-transformers/all-MiniLM-L6-v2`, at the revision `main`.
    ///
    /// # Errors
    ///
    /// [`HubError::Name`].
    pub fn new(id: impl Into<String>) -> Result<Self, HubError> {
        let id = id.into();
        let parts: Vec<&str> = id.split('/').collect();
        let fine = parts.len() <= 2 && parts.iter().all(|part| is_plain(part));
        if !fine || id.contains("--") {
            return Err(refused("model", &id, "it is NAME or ORGANISATION/NAME"));
        }
        let revision = "main".to_owned();
        Ok(Self { id, revision })
    }

    /// Another revision: a branch, a tag, or a commit, which pins the model.
    ///
    /// # Errors
    ///
    /// [`HubError::Name`].
    pub fn with_revision(mut self, revision: impl Into<String>) -> Result<Self, HubError> {
        self.revision = revision.into();
        match self.revision.split('/').all(is_plain) {
            true => Ok(self),
            false => Err(refused(
                "revision",
                &self.revision,
                "it is a branch, tag or commit",
            )),
        }
    }

    /// The folder in the cache.
    pub(crate) fn folder(&self) -> String {
        format!("models--{}", self.id.replace('/', "--"))
    }
}

/// A commit as Git writes it.
pub(crate) fn is_commit(name: &str) -> bool {
    name.len() == 40 && is_hex(name)
}

pub(crate) fn is_hex(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// A file's path within a model: names of files and folders, and nothing that leads elsewhere.
pub(crate) fn check_file(path: &str) -> Result<(), HubError> {
    match path.split('/').all(is_plain) {
        true => Ok(()),
        false => Err(refused("file", path, "it would lead out of its folder")),
    }
}

/// Letters, digits, and marks that mean nothing to any file system; not `.` nor `..`.
fn is_plain(name: &str) -> bool {
    let allowed =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | ' ' | '=' | '@');
    !name.is_empty() && !name.chars().all(|c| c == '.') && name.chars().all(allowed)
}

pub(crate) fn refused(what: &'static str, name: &str, reason: &'static str) -> HubError {
    HubError::Name {
        what,
        name: name.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_cache() {
        for bad in [
            "", "..", "a/..", "/a", "a//b", "a/b/c", "a\\b", "a--b/c", "C:a", "a\0b",
        ] {
            assert!(HubModel::new(bad).is_err(), "{bad}");
        }
        let model = HubModel::new("org/name.v2").unwrap();
        assert_eq!(model.folder(), "models--org--name.v2");
        for bad in ["", "../x", "a/../b", "refs/../../x", "a:b"] {
            assert!(model.clone().with_revision(bad).is_err(), "{bad}");
        }
        assert!(model.with_revision("refs/pr/1").is_ok());
        for bad in [
            "",
            "/etc/passwd",
            "../../x",
            "a/./b",
            "a\\..\\b",
            "C:/x",
            "a/",
            "a\nb",
        ] {
            assert!(check_file(bad).is_err(), "{bad}");
        }
        assert!(check_file("1_Pooling/config.json").is_ok());
        assert!(!is_commit("main") && is_commit(&"a1".repeat(20)) && !is_hex("XYZ"));
    }
}
