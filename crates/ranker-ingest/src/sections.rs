//! The parts that a resume's headings divide it into.

use std::ops::Range;

/// What a section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SectionKind {
    /// What stands before the first heading: name, headline, contact.
    Head,
    /// A profile or summary.
    Summary,
    /// Jobs.
    Experience,
    /// Schools, degrees and training.
    Education,
    /// Skills and tools.
    Skills,
    /// Languages that are spoken.
    Languages,
    /// Projects.
    Projects,
    /// Certificates and licences.
    Certificates,
    /// What is none of these: interests, awards, references, volunteering.
    Other,
}

/// A part of a text; its ranges count bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Section {
    /// What it is about.
    pub kind: SectionKind,
    /// Its heading; empty for what stands before the first one.
    pub heading: Range<usize>,
    /// What stands under the heading.
    pub body: Range<usize>,
}

use SectionKind::{
    Certificates, Education, Experience, Languages, Other, Projects, Skills, Summary,
};

/// Headings in English, German, French, Spanish, Italian, Dutch and Portuguese, in lower case.
const HEADINGS: [(SectionKind, &[&str]); 8] = [
    (
        Summary,
        &[
            "profile",
            "summary",
            "about",
            "about me",
            "professional summary",
            "objective",
            "career objective",
            "personal statement",
            "executive summary",
            "profil",
            "über mich",
            "zusammenfassung",
            "kurzprofil",
            "à propos",
            "résumé",
            "perfil",
            "resumen",
            "sobre mí",
            "profilo",
            "sommario",
            "profiel",
            "samenvatting",
            "over mij",
            "resumo",
            "sobre mim",
            "career summary",
            "executive profile",
            "career overview",
            "career focus",
            "professional profile",
            "perfil profesional",
            "profilo professionale",
            "profil professionnel",
            "overview",
        ],
    ),
    (
        Experience,
        &[
            "experience",
            "work experience",
            "professional experience",
            "employment",
            "employment history",
            "work history",
            "career history",
            "career",
            "positions",
            "relevant experience",
            "professional background",
            "positions held",
            "berufserfahrung",
            "beruflicher werdegang",
            "werdegang",
            "praxiserfahrung",
            "erfahrung",
            "expérience",
            "expériences",
            "expérience professionnelle",
            "expériences professionnelles",
            "parcours professionnel",
            "parcours",
            "experiencia",
            "experiencia laboral",
            "experiencia profesional",
            "trayectoria",
            "esperienza",
            "esperienze",
            "esperienza lavorativa",
            "esperienze lavorative",
            "esperienza professionale",
            "esperienze professionali",
            "werkervaring",
            "ervaring",
            "loopbaan",
            "experiência",
            "experiência profissional",
            "employment record",
            "relevant work experience",
            "work and experience",
        ],
    ),
    (
        Education,
        &[
            "education",
            "education and training",
            "training",
            "academic background",
            "qualifications",
            "studies",
            "training and education",
            "academic qualifications",
            "ausbildung",
            "bildung",
            "studium",
            "schulbildung",
            "bildungsweg",
            "weiterbildung",
            "aus- und weiterbildung",
            "formation",
            "formations",
            "études",
            "diplômes",
            "educación",
            "formación",
            "formación académica",
            "estudios",
            "istruzione",
            "istruzione e formazione",
            "formazione",
            "opleiding",
            "opleidingen",
            "onderwijs",
            "educação",
            "formação",
            "formação acadêmica",
            "schooling",
            "educational background",
            "education and credentials",
            "education and qualifications",
            "education and certifications",
        ],
    ),
    (
        Skills,
        &[
            "skills",
            "technical skills",
            "key skills",
            "core skills",
            "competencies",
            "core competencies",
            "technologies",
            "tools",
            "expertise",
            "areas of expertise",
            "skills and tools",
            "tools and skills",
            "strengths",
            "knowledge",
            "tech stack",
            "kenntnisse",
            "fähigkeiten",
            "kompetenzen",
            "fachkenntnisse",
            "edv-kenntnisse",
            "it-kenntnisse",
            "compétences",
            "compétences techniques",
            "habilidades",
            "competencias",
            "conocimientos",
            "aptitudes",
            "competenze",
            "competenze tecniche",
            "capacità",
            "vaardigheden",
            "competenties",
            "kennis",
            "competências",
            "skill set",
            "computer skills",
            "professional skills",
            "skills and knowledge",
            "what i know",
            "highlights",
            "skill highlights",
            "core qualifications",
            "core strengths",
        ],
    ),
    (
        Languages,
        &[
            "languages",
            "language skills",
            "sprachen",
            "sprachkenntnisse",
            "langues",
            "idiomas",
            "lingue",
            "conoscenze linguistiche",
            "talen",
            "talenkennis",
            "línguas",
            "spoken languages",
            "languages spoken",
        ],
    ),
    (
        Projects,
        &[
            "projects",
            "selected projects",
            "personal projects",
            "projekte",
            "projets",
            "proyectos",
            "progetti",
            "projecten",
            "projetos",
            "key projects",
        ],
    ),
    (
        Certificates,
        &[
            "certificates",
            "certifications",
            "licences",
            "licenses",
            "courses",
            "certificates and licences",
            "zertifikate",
            "kurse",
            "certificats",
            "certificados",
            "certificaciones",
            "certificazioni",
            "certificaten",
            "cursussen",
            "certificações",
            "licenses and certifications",
            "courses and certificates",
        ],
    ),
    (
        Other,
        &[
            "interests",
            "hobbies",
            "awards",
            "honors",
            "honours",
            "publications",
            "references",
            "volunteering",
            "volunteer work",
            "volunteer experience",
            "voluntary work",
            "contact",
            "personal details",
            "personal information",
            "additional information",
            "activities",
            "interessen",
            "ehrenamt",
            "referenzen",
            "kontakt",
            "persönliche daten",
            "centres d'intérêt",
            "loisirs",
            "bénévolat",
            "intereses",
            "referencias",
            "voluntariado",
            "contacto",
            "datos personales",
            "interessi",
            "volontariato",
            "interesses",
            "hobby's",
            "vrijwilligerswerk",
            "referenties",
            "accomplishments",
            "core accomplishments",
            "affiliations",
            "professional affiliations",
            "activities and honors",
            "presentations",
            "community service",
            "military service",
            "wehrdienst",
            "zivildienst",
            "memberships",
            "other",
            "miscellaneous",
            "sonstiges",
            "parental leave",
            "contatti",
        ],
    ),
];

/// The longest line that may be a heading.
const LONGEST: usize = 48;

/// Divides a text at its headings; the sections' ranges cover every line.
#[must_use]
pub fn sections(text: &str) -> Vec<Section> {
    let mut sections = vec![Section {
        kind: SectionKind::Head,
        heading: 0..0,
        body: 0..0,
    }];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        if let Some(kind) = heading(line) {
            sections.push(Section {
                kind,
                heading: range.start..range.start + line.trim_end().len(),
                body: range.end..range.end,
            });
        } else if let Some(section) = sections.last_mut() {
            section.body.end = range.end;
        }
    }
    if sections.first().is_some_and(|head| head.body.is_empty()) && sections.len() > 1 {
        sections.remove(0);
    }
    sections
}

/// What a line is the heading of.
fn heading(line: &str) -> Option<SectionKind> {
    let line = line.trim();
    if line.is_empty() || line.chars().count() > LONGEST {
        return None;
    }
    let marks = |c: char| !c.is_alphanumeric();
    let lower = line.trim_matches(marks).to_lowercase();
    let lower = lower.replace(" & ", " and ");
    let spaced = unspaced(&lower);
    let named = |name: &&str| *name == lower || *name == spaced;
    HEADINGS
        .iter()
        .find(|(_, names)| names.iter().any(named))
        .map(|(kind, _)| *kind)
        .or_else(|| is_experience(&lower).then_some(Experience))
}

/// What kinds of experience headings name: "Relevant Professional Experience".
#[rustfmt::skip]
const KINDS: [&str; 14] = [
    "relevant", "related", "professional", "additional", "other", "further", "previous", "work", "military", "teaching",
    "clinical", "industry", "internship", "employment",
];

/// Whether a line names experience of some kind, and nothing else: "Management experience" may be an item of a list.
fn is_experience(line: &str) -> bool {
    let kinds = line
        .strip_suffix(" experience")
        .or_else(|| line.strip_suffix(" experiences"));
    kinds.is_some_and(|kinds| kinds.split(' ').all(|kind| KINDS.contains(&kind)))
}

/// A heading set with a space between its letters, as templates do it ("S K I L L S").
fn unspaced(line: &str) -> String {
    let letters = line.split(' ').all(|word| word.chars().count() <= 1);
    if letters {
        line.replace(' ', "")
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_divide_a_text() {
        let text = "Ana Doe\nEngineer\n\nPROFILE\nBuilds search.\n## Berufserfahrung:\n2019 X\n\
                    Skills & Tools\nRust\nE D U C A T I O N\nBSc";
        let found = sections(text);
        let seen: Vec<_> = found
            .iter()
            .map(|section| (section.kind, text[section.body.clone()].trim()))
            .collect();
        assert_eq!(
            seen,
            [
                (SectionKind::Head, "Ana Doe\nEngineer"),
                (Summary, "Builds search."),
                (Experience, "2019 X"),
                (Skills, "Rust"),
                (Education, "BSc")
            ]
        );
        assert_eq!(&text[found[2].heading.clone()], "## Berufserfahrung:");
        assert_eq!(
            sections("RELEVANT TEACHING EXPERIENCE\n2011")[0].kind,
            Experience
        );
        assert_eq!(
            sections("Management experience\n2011")[0].kind,
            SectionKind::Head
        );
        assert_eq!(sections("").len(), 1);
        assert_eq!(sections("Skills")[0].kind, Skills);
    }
}
