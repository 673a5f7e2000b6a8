//! How a term stands to what the job says, and what that weighs.

use ranker_core::{TermSource, ValueError};

use crate::checks::share;
use crate::taxonomy::{Form, Kind};

/// How an added term stands to what the job says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Relation {
    /// A short form for its name, or a name for its short form. Weighs 0.5 by default.
    Acronym,
    /// Another name of the same skill, licence or institution. Weighs 0.5 by default.
    Alias,
    /// Another title of the same occupation. Weighs 0.3 by default.
    Occupation,
    /// A skill that goes with what was asked for. Weighs 0.15 by default.
    Related,
}

impl Relation {
    /// How two labels of one concept stand to each other.
    pub(crate) fn between(kind: Kind, said: Form, added: Form) -> Self {
        match (kind, said, added) {
            (Kind::Occupation, _, _) => Self::Occupation,
            (_, Form::Name, Form::Short) | (_, Form::Short, Form::Name) => Self::Acronym,
            _ => Self::Alias,
        }
    }

    /// The source that a term of this relation names.
    pub(crate) fn source(self, kind: Kind) -> TermSource {
        match (self, kind) {
            (Self::Acronym, _) => TermSource::Acronym,
            (Self::Occupation, _) => TermSource::Occupation,
            (Self::Related, _) | (Self::Alias, Kind::Skill) => TermSource::Skill,
            (Self::Alias, Kind::Occupation | Kind::Term) => TermSource::Synonym,
        }
    }
}

/// What each relation weighs, relative to the whole job's 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weights {
    acronym: f32,
    alias: f32,
    occupation: f32,
    related: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            acronym: 0.5,
            alias: 0.5,
            occupation: 0.3,
            related: 0.15,
        }
    }
}

impl Weights {
    pub(crate) fn of(&self, relation: Relation) -> f32 {
        match relation {
            Relation::Acronym => self.acronym,
            Relation::Alias => self.alias,
            Relation::Occupation => self.occupation,
            Relation::Related => self.related,
        }
    }

    pub(crate) fn set(&mut self, relation: Relation, weight: f32) -> Result<(), ValueError> {
        let weight = share("relation weight", weight)?;
        *match relation {
            Relation::Acronym => &mut self.acronym,
            Relation::Alias => &mut self.alias,
            Relation::Occupation => &mut self.occupation,
            Relation::Related => &mut self.related,
        } = weight;
        Ok(())
    }
}
