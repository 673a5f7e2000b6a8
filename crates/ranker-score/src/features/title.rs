//! What a job is called.

use ranker_core::JobDescription;

/// A first sentence of more words is no title.
const MOST_WORDS: usize = 12;

/// The job's title; of a job without one, its text's first line or sentence, where that is as short
/// as titles are. Else nothing.
pub(super) fn title(job: &JobDescription) -> &str {
    if !job.title().is_empty() {
        return job.title();
    }
    let line = job.plain_text().trim().lines().next().unwrap_or_default();
    let sentence = line.split(". ").next().unwrap_or_default();
    let is_short = sentence.split_whitespace().nth(MOST_WORDS).is_none();
    if is_short { sentence } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_beginning_is_a_title() {
        let named = |text: &str| title(&JobDescription::new(text).unwrap()).to_owned();
        assert_eq!(named("Nurses. Care for patients."), "Nurses");
        assert_eq!(named("Night nurse\nCares."), "Night nurse");
        assert_eq!(named(&"word ".repeat(13)), "");
        let titled = JobDescription::new("Nurses.").unwrap().with_title("Head");
        assert_eq!(title(&titled), "Head");
    }
}
