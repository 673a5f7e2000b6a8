//! A hit together with the profile behind it.

use std::sync::Arc;

use super::hit::Hit;
use super::id::CandidateId;
use super::profile::Profile;

/// What features and explanations are computed from: the hit and its profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    hit: Hit,
    profile: Arc<Profile>,
}

impl Candidate {
    /// Joins a hit and its profile.
    #[must_use]
    pub fn new(hit: Hit, profile: Arc<Profile>) -> Self {
        Self { hit, profile }
    }

    /// Who it is.
    #[must_use]
    pub fn id(&self) -> &CandidateId {
        self.hit.id()
    }

    /// How retrieval saw it.
    #[must_use]
    pub fn hit(&self) -> &Hit {
        &self.hit
    }

    /// Its text and facts.
    #[must_use]
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }
}
