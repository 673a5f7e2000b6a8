//! What the texts of each role go through behind the pooling.

use std::path::{Path, PathBuf};

use ranker_core::Role;
use ranker_folder::ModelFolder;

use crate::LoadError;
use crate::builder::{OnnxEmbedderBuilder, invalid, setting};
use crate::head::Head;

/// In the order of what is kept by role.
const ROLES: [Role; 2] = [Role::Query, Role::Document];

impl OnnxEmbedderBuilder {
    /// The heads of queries and of documents, which must end in the same space.
    pub(crate) fn heads(
        &self,
        folder: &ModelFolder,
        hidden_size: usize,
    ) -> Result<[Head; 2], LoadError> {
        if let Some(route) = self.routes.iter().flatten().next()
            && folder.head.routes().is_empty()
        {
            let reason = format!("it is {route:?}, and the folder has no routes");
            return Err(setting("route", reason));
        }
        let head = |role: Role| Head::read(folder, (role, self.route_of(role)), hidden_size);
        let heads = [head(Role::Query)?, head(Role::Document)?];
        let sizes = [heads[0].size(), heads[1].size()];
        if sizes[0] != sizes[1] {
            let reason = format!(
                "queries end in {} components and documents in {}",
                sizes[0], sizes[1]
            );
            return Err(invalid(&folder.root.join(ModelFolder::MODULES), reason));
        }
        Ok(heads)
    }

    fn route_of(&self, role: Role) -> Option<&str> {
        self.routes[usize::from(role == Role::Document)].as_deref()
    }

    /// What beside the files changes an embedding behind the pooling, and the weights there, in the order of
    /// the roles' modules. Nothing where no module follows the pooling: ids stay as they were before there
    /// were any.
    pub(crate) fn behind(
        &self,
        folder: &ModelFolder,
    ) -> Result<(Vec<String>, Vec<PathBuf>), LoadError> {
        let (mut ways, mut files) = (Vec::new(), Vec::new());
        if folder.head.is_empty() {
            return Ok((ways, files));
        }
        for role in ROLES {
            let mut way = String::new();
            for module in folder.head.modules(role, self.route_of(role))? {
                way += &module.to_string();
                files.extend(module.weights().map(Path::to_path_buf));
            }
            ways.push(way);
        }
        Ok((ways, files))
    }
}
