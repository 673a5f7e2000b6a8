//! Plain text.

use std::fmt::{self, Write as _};

use ranker_core::{Explanation, Part, PartTerm, Profile, Ranked, TermOf, Uncounted};

use super::number::{Fixed, Short, Signed, is_small};
use super::shown;
use crate::plain_words::{self, Language};

/// The most parts that are named one by one.
const MOST_PARTS: usize = 6;

/// The most terms of a part that are named.
pub(crate) const MOST_TERMS: usize = 3;

/// The longest quotation of a place, in characters.
const LONGEST: usize = 60;

/// What a term of a part comes from: a word with its field, or the beginning of a place.
pub(crate) fn term_of(of: &TermOf, ranked: &Ranked, language: Language) -> String {
    let (was_added, other) = match language {
        Language::English => ("added", "other"),
        Language::German => ("hinzugefügt", "anderes"),
    };
    let (job, profile) = (ranked.query.job(), ranked.candidate.profile());
    let whole = match of {
        TermOf::Word { term, field } => return format!("{term} ({field})"),
        TermOf::Added { term, field, .. } => return format!("{term} ({field}, {was_added})"),
        TermOf::Job(place) => place.of(job.title(), job.text()),
        TermOf::Profile(place) => place.of(profile.title(), profile.text()),
        // Of a kind that a later version of the core knows.
        _ => return other.to_owned(),
    };
    match whole.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", whole[..end].trim_end()),
        None => whole.to_owned(),
    }
}

/// Where a term that was added to the query comes from, how much it weighs and why it was added; nothing of other terms.
fn origin(of: &TermOf) -> Option<String> {
    let TermOf::Added { from, .. } = of else {
        return None;
    };
    let origin = plain_words::origin(from.source(), from.weight(), Language::English);
    Some(match from.reason() {
        "" => origin,
        reason => format!("{origin}: {reason}"),
    })
}

/// The most added terms that are named.
pub(crate) const MOST_ADDED: usize = 6;

/// The terms that were added to the query and give most, by size.
pub(crate) fn added(explanation: &Explanation) -> Vec<(&Part, &PartTerm)> {
    let mut added: Vec<_> = explanation.added_terms().collect();
    added.sort_by(|a, b| {
        let [a, b] = [a, b].map(|(_, term)| term.contribution.abs());
        b.total_cmp(&a)
    });
    added
}

/// Says in words why a candidate stands where it stands: what speaks for it and against it, the
/// greatest parts first, and which passages answer which requirements. Several lines.
///
/// Quoted texts are foreign: they are kept on one line, and control characters and those that turn
/// the direction of writing are replaced.
#[must_use]
pub fn text(explanation: &Explanation, ranked: &Ranked) -> String {
    Reason {
        explanation,
        ranked,
    }
    .to_string()
}

struct Reason<'a> {
    explanation: &'a Explanation,
    ranked: &'a Ranked,
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        for remark in self.explanation.remarks() {
            writeln!(f, "  {}", Line(&remark.to_string()))?;
        }
        for remark in uncounted(self.ranked.candidate.profile(), Language::English) {
            writeln!(f, "  {remark}")?;
        }
        self.requirements(f)?;
        let parts = self.explanation.parts();
        let named = parts.iter().take(MOST_PARTS);
        let named: Vec<&Part> = named.filter(|part| !is_small(part.contribution)).collect();
        let (for_it, against): (Vec<&Part>, Vec<&Part>) =
            named.iter().partition(|part| part.contribution > 0.0);
        self.parts(f, "For it:", &for_it)?;
        self.parts(f, "Against it:", &against)?;
        let sum: f64 = named.iter().map(|part| part.contribution).sum();
        let rest = self.explanation.score().get() - self.explanation.base() - sum;
        if !is_small(rest) {
            let others = parts.len() - named.len();
            writeln!(f, "{others} other features together: {}", Signed(rest))?;
        }
        self.added(f)?;
        self.rationale(f)?;
        self.matches(f)
    }
}

impl Reason<'_> {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}. {}",
            self.ranked.rank,
            Line(self.ranked.id().as_str())
        )?;
        let title = self.ranked.candidate.profile().title();
        if !title.is_empty() {
            write!(f, " ({})", Line(title))?;
        }
        let (score, base) = (self.explanation.score().get(), self.explanation.base());
        write!(f, ": score {}", Fixed(score))?;
        if !is_small(base) {
            write!(f, ", from a base of {}", Fixed(base))?;
        }
        f.write_char('\n')
    }

    fn requirements(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut head = "Requirements:\n";
        for assessment in self.explanation.assessments() {
            writeln!(f, "{head}  {}", Line(&assessment.to_string()))?;
            head = "";
        }
        Ok(())
    }

    fn parts(&self, f: &mut fmt::Formatter<'_>, head: &str, parts: &[&Part]) -> fmt::Result {
        if parts.is_empty() {
            return Ok(());
        }
        writeln!(f, "{head}")?;
        let schema = self.ranked.features.schema();
        for part in parts {
            write!(f, "  {}  ", Signed(part.contribution))?;
            let column = schema.columns().iter().find(|c| c.name == part.feature);
            if let Some(column) = column {
                write!(f, "{}: ", column.description.trim_end_matches('.'))?;
            }
            writeln!(f, "{} = {}", part.feature, Short(part.value.into()))?;
            for term in part.terms.iter().take(MOST_TERMS) {
                let of = term_of(&term.of, self.ranked, Language::English);
                let adds = Signed(term.contribution);
                writeln!(f, "      {adds}  {}", Line(&of))?;
            }
        }
        Ok(())
    }

    /// What of these parts comes from words that are not the job's own.
    fn added(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(sum) = self.explanation.expanded() else {
            return Ok(());
        };
        let added = added(self.explanation);
        writeln!(
            f,
            "Of this, words that were added to the job: {}",
            Signed(sum)
        )?;
        for (part, term) in added.iter().take(MOST_ADDED) {
            let of = term_of(&term.of, self.ranked, Language::English);
            let adds = Signed(term.contribution);
            let origin = origin(&term.of).unwrap_or_default();
            let (of, origin) = (Line(&of), Line(&origin));
            writeln!(f, "  {adds}  {}: {of}; {origin}", part.feature)?;
        }
        let others = added.len().saturating_sub(MOST_ADDED);
        if others > 0 {
            writeln!(f, "  and {others} others")?;
        }
        Ok(())
    }

    fn rationale(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profile = self.ranked.candidate.profile().text();
        let mut head = "Passages it rests on (similarity lost without each):\n";
        for found in self.explanation.rationale() {
            if let Some(passage) = profile.get(found.passage.clone()) {
                writeln!(f, "{head}  \"{}\" ({:.3})", Line(passage), found.weight)?;
                head = "";
            }
        }
        let words = self.explanation.rationale_words().iter();
        let words = words.filter_map(|found| profile.get(found.passage.clone()));
        let words: Vec<String> = words.map(|word| Line(word).to_string()).collect();
        if !words.is_empty() {
            writeln!(f, "Words it rests on most: {}", words.join(", "))?;
        }
        Ok(())
    }

    fn matches(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (job, profile) = (self.ranked.query.job(), self.ranked.candidate.profile());
        let mut head = "Closest passages:\n";
        for found in self.explanation.matches() {
            let requirement = job.text().get(found.requirement.clone());
            let passage = profile.text().get(found.passage.clone());
            let (Some(requirement), Some(passage)) = (requirement, passage) else {
                continue;
            };
            let (requirement, passage) = (Line(requirement), Line(passage));
            let similarity = found.similarity;
            writeln!(
                f,
                "{head}  \"{requirement}\" ↔ \"{passage}\" ({similarity:.2})"
            )?;
            head = "";
        }
        Ok(())
    }
}

/// The parts of a profile's text that do not count, from half a percent on.
pub(crate) fn uncounted(profile: &Profile, language: Language) -> impl Iterator<Item = String> {
    const LEAST: f32 = 0.005;
    let reasons = [
        Uncounted::Copied,
        Uncounted::Repeated,
        Uncounted::Negated,
        Uncounted::Personal,
    ];
    reasons.into_iter().filter_map(move |why| {
        let share = profile.uncounted_share(why);
        let counts = share < LEAST;
        (!counts).then(|| plain_words::uncounted(why, share, language))?
    })
}

/// A foreign text on one line.
pub(crate) struct Line<'a>(pub(crate) &'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, word) in self.0.split_whitespace().enumerate() {
            if i > 0 {
                f.write_char(' ')?;
            }
            word.chars().try_for_each(|c| f.write_char(shown(c)))?;
        }
        Ok(())
    }
}
