//! The ranking for a person to read.

use std::io::{self, Write};

use ranker::core::{Embedder, PassageMatch};
use ranker::xai::PlainWords;
use ranker::{Explanation, Ranked};

use crate::found::Found;

/// Lines are cut to this many characters.
const WIDTH: usize = 100;

/// Where the text of a line begins.
const INDENT: usize = 13;

/// What a passage may take, with its similarity behind it.
const PASSAGE: usize = WIDTH - INDENT - " (0.00)".len();

/// Prints the ranking, the notes and where the time went.
pub(crate) fn print(found: &Found<'_>, out: &mut impl Write) -> io::Result<()> {
    let job = found.ranking.query().job();
    let headline = if job.title().is_empty() {
        job.text()
    } else {
        job.title()
    };
    let shown = found.ranking.len();
    writeln!(out, "{}", clipped(headline, WIDTH))?;
    writeln!(
        out,
        "the best {shown} of {} profiles\n",
        found.pool.profiles
    )?;
    for (ranked, explanation) in found.ranking.iter().zip(found.explanations) {
        entry(ranked, explanation, out)?;
        sentences(found, (ranked, explanation), out)?;
        remarks(found, ranked.id().as_str(), out)?;
        writeln!(out)?;
    }
    for answer in &found.answers.texts {
        writeln!(out, "{answer}\n")?;
    }
    for note in found.notes() {
        writeln!(out, "note: {note}")?;
    }
    writeln!(out, "\nscored by {}", found.ranking.model())?;
    writeln!(
        out,
        "{} on {}",
        found.pool.embedder.model_id(),
        found.pool.encoder.inner().backend()
    )?;
    writeln!(out, "{}", found.stages)
}

/// One candidate: place, score and headline; the parts of the score; the closest match and its
/// similarity.
fn entry(ranked: &Ranked, explanation: &Explanation, out: &mut impl Write) -> io::Result<()> {
    let profile = ranked.candidate.profile();
    let title = if profile.title().is_empty() {
        profile.text()
    } else {
        profile.title()
    };
    let (rank, score, id) = (ranked.rank, ranked.score.get(), ranked.id());
    let head = format!("{rank:>3}  {score:>6.3}  {id:<8}  ");
    writeln!(
        out,
        "{head}{}",
        clipped(title, WIDTH - head.chars().count())
    )?;
    line("why", &explanation.to_string(), out)?;
    for remark in explanation.remarks() {
        line("", &remark.to_string(), out)?;
    }
    let mut label = "needs";
    for assessment in explanation.assessments() {
        line(label, &assessment.to_string(), out)?;
        label = "";
    }
    let closest = explanation.matches().iter();
    let closest = closest.max_by(|a, b| a.similarity.total_cmp(&b.similarity));
    if let Some(PassageMatch {
        requirement,
        passage,
        similarity,
        ..
    }) = closest
    {
        let job = ranked.query.job().text();
        line(
            "asks",
            job.get(requirement.clone()).unwrap_or_default(),
            out,
        )?;
        let passage = profile.text().get(passage.clone()).unwrap_or_default();
        line(
            "has",
            &format!("{} ({similarity:.2})", clipped(passage, PASSAGE)),
            out,
        )?;
    }
    Ok(())
}

/// The account in sentences, where they are wanted: whole, on as many lines as they take.
fn sentences(
    found: &Found<'_>,
    (ranked, explanation): (&Ranked, &Explanation),
    out: &mut impl Write,
) -> io::Result<()> {
    let Some(language) = found.words else {
        return Ok(());
    };
    let claims = PlainWords::new(language).account(explanation, ranked);
    for claim in claims {
        writeln!(out, "{:INDENT$}{}", "", claim.sentence)?;
    }
    Ok(())
}

/// What is to know of one candidate beside the score.
fn remarks(found: &Found<'_>, id: &str, out: &mut impl Write) -> io::Result<()> {
    if let Some(usage) = found.pool.truncated(id) {
        let text = format!(
            "truncated: the encoder read {} of {} tokens",
            usage.used, usage.tokens
        );
        line("note", &text, out)?;
    }
    let others = found.people.others(id);
    if !others.is_empty() {
        line(
            "note",
            &format!("the same person as {}", others.join(", ")),
            out,
        )?;
    }
    Ok(())
}

fn line(label: &str, text: &str, out: &mut impl Write) -> io::Result<()> {
    let text = clipped(text, WIDTH - INDENT);
    writeln!(out, "{label:>width$}  {text}", width = INDENT - 2)
}

/// A text on one line, cut to so many characters. Texts are foreign: characters that a terminal
/// would obey are replaced.
fn clipped(text: &str, most: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let plain = |c: char| match c {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    match line.char_indices().nth(most) {
        None => line.chars().map(plain).collect(),
        Some(_) => line
            .chars()
            .map(plain)
            .take(most - 1)
            .chain(['…'])
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_by_characters() {
        assert_eq!(clipped("ein\n  Büro", 20), "ein Büro");
        assert_eq!(clipped("ein Büro", 8), "ein Büro");
        assert_eq!(clipped("ein Büro", 7), "ein Bü…");
        assert_eq!(clipped("a\u{1b}[31mb", 20), "a\u{fffd}[31mb");
    }
}
