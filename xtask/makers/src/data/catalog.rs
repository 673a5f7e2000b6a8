//! The hand-written part: occupations, employers and the roles that jobs are planted for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// A fault in the catalog.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CatalogError {
    /// One of the embedded files is not the JSON expected.
    #[error("the catalog file {file} cannot be read")]
    Json {
        file: &'static str,
        source: serde_json::Error,
    },
    /// A code or sector is used but not defined.
    #[error("{user} refers to {missing}, which the catalog does not define")]
    Missing { user: String, missing: String },
    /// The tables hold too few usable tasks for an occupation.
    #[error("occupation {code} has {found} usable task statements, {needed} are needed")]
    FewTasks {
        code: String,
        found: usize,
        needed: usize,
    },
    /// A bullet that the verb conversion does not understand.
    #[error("cannot put this line of {role} into the past tense: {line}")]
    Voice { role: String, line: String },
}

/// An occupation that a person of the bundle may have had.
#[derive(Debug, Deserialize)]
pub(crate) struct Occupation {
    pub(crate) code: String,
    pub(crate) sector: String,
    /// Whether titles take "Junior" and "Senior".
    pub(crate) ladder: bool,
    pub(crate) titles: Vec<String>,
    pub(crate) tools: Vec<String>,
    /// Level and subject.
    pub(crate) edu: Vec<(String, String)>,
}

/// How much experience a title stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Junior,
    Mid,
    Senior,
}

/// Titles of one role by level, as resumes word them.
#[derive(Debug, Deserialize)]
pub(crate) struct Headlines {
    junior: Vec<String>,
    mid: Vec<String>,
    senior: Vec<String>,
}

impl Headlines {
    pub(crate) fn at(&self, level: Level) -> &[String] {
        match level {
            Level::Junior => &self.junior,
            Level::Mid => &self.mid,
            Level::Senior => &self.senior,
        }
    }
}

/// One requirement: its key, the job's wording, the resume's wording, and lines that prove it.
#[derive(Debug, Deserialize)]
pub(crate) struct Skill(
    pub(crate) String,
    pub(crate) String,
    pub(crate) String,
    pub(crate) Vec<String>,
);

/// A person who shares the job's words but works in another field.
#[derive(Debug, Deserialize)]
pub(crate) struct Decoy {
    pub(crate) occ: String,
    pub(crate) employer: String,
    /// Grades that decoys of this kind deserve for other roles, by role.
    #[serde(default)]
    pub(crate) also: BTreeMap<String, u8>,
    pub(crate) titles: Vec<String>,
    pub(crate) bullets: Vec<String>,
    pub(crate) skills: Vec<String>,
}

/// A role that a job asks for and that people are planted for.
#[derive(Debug, Deserialize)]
pub(crate) struct Role {
    pub(crate) id: String,
    pub(crate) occ: String,
    pub(crate) level: Level,
    pub(crate) title: String,
    pub(crate) years: usize,
    pub(crate) headlines: Headlines,
    pub(crate) near: Vec<String>,
    pub(crate) about: Vec<String>,
    pub(crate) skills: Vec<Skill>,
    /// O*NET task and its wording in the job description.
    pub(crate) duties: Vec<(u32, String)>,
    pub(crate) blurb: String,
    pub(crate) nice: String,
    pub(crate) filter: serde_json::Map<String, serde_json::Value>,
    pub(crate) decoy: Decoy,
}

/// Everything hand-written.
#[derive(Debug)]
pub(crate) struct Catalog {
    pub(crate) occupations: BTreeMap<String, Occupation>,
    pub(crate) employers: BTreeMap<String, Vec<String>>,
    pub(crate) roles: Vec<Role>,
}

impl Catalog {
    /// Parses the embedded files and checks that every reference resolves.
    pub(crate) fn load() -> Result<Self, CatalogError> {
        let occupations: Vec<Occupation> =
            parse("occupations.json", include_str!("catalog/occupations.json"))?;
        let mut roles: Vec<Role> = parse(
            "roles_technology.json",
            include_str!("catalog/roles_technology.json"),
        )?;
        roles.extend(parse::<Vec<Role>>(
            "roles_people.json",
            include_str!("catalog/roles_people.json"),
        )?);
        roles.extend(parse::<Vec<Role>>(
            "roles_field.json",
            include_str!("catalog/roles_field.json"),
        )?);
        let catalog = Self {
            occupations: occupations
                .into_iter()
                .map(|o| (o.code.clone(), o))
                .collect(),
            employers: parse("employers.json", include_str!("catalog/employers.json"))?,
            roles,
        };
        catalog.check()?;
        Ok(catalog)
    }

    /// The occupation of a code that [`Catalog::load`] has checked.
    pub(crate) fn occupation(&self, code: &str) -> &Occupation {
        &self.occupations[code]
    }

    fn check(&self) -> Result<(), CatalogError> {
        let ids: BTreeSet<&str> = self.roles.iter().map(|role| role.id.as_str()).collect();
        for role in &self.roles {
            let codes = role.near.iter().chain([&role.occ, &role.decoy.occ]);
            let unknown = codes.filter(|code| !self.occupations.contains_key(*code));
            let unplanted = role
                .decoy
                .also
                .keys()
                .filter(|id| !ids.contains(id.as_str()));
            if let Some(missing) = unknown.chain(unplanted).next() {
                return Err(missing_in(&role.id, missing));
            }
        }
        for occupation in self.occupations.values() {
            if !self.employers.contains_key(&occupation.sector) {
                return Err(missing_in(&occupation.code, &occupation.sector));
            }
        }
        Ok(())
    }
}

fn missing_in(user: &str, missing: &str) -> CatalogError {
    CatalogError::Missing {
        user: user.to_owned(),
        missing: missing.to_owned(),
    }
}

fn parse<T: serde::de::DeserializeOwned>(
    file: &'static str,
    text: &str,
) -> Result<T, CatalogError> {
    serde_json::from_str(text).map_err(|source| CatalogError::Json { file, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_and_refers_to_nothing_unknown() {
        let catalog = Catalog::load().unwrap();
        assert!(catalog.roles.len() >= 20 && catalog.occupations.len() >= 80);
        assert!(catalog.roles.iter().all(|role| role.skills.len() >= 6));
        assert!(
            catalog
                .roles
                .iter()
                .all(|role| !role.near.contains(&role.decoy.occ))
        );
    }

    #[test]
    fn reports_an_unknown_occupation() {
        let mut catalog = Catalog::load().unwrap();
        catalog.roles[0].near.push("99-9999.00".into());
        let error = catalog.check().unwrap_err();
        assert!(matches!(error, CatalogError::Missing { missing, .. } if missing == "99-9999.00"));
    }
}
