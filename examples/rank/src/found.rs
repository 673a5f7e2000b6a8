//! A finished ranking, and all that is told of it.

use std::fs;
use std::io;
use std::path::Path;

use ranker::xai::Language;
use ranker::{Explanation, Ranking};
use ranker_examples::{Outcome, Stages, say};

use crate::people::People;
use crate::pool::{Cut, Pool};
use crate::why::Answers;
use crate::{Args, report, table};

/// A finished ranking.
pub(crate) struct Found<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) people: &'a People,
    /// Files that were not read, each with the reason.
    pub(crate) left_out: &'a [String],
    /// What the reader should know of what was read.
    pub(crate) read_notes: &'a [String],
    pub(crate) ranking: &'a Ranking,
    pub(crate) explanations: &'a [Explanation],
    pub(crate) answers: &'a Answers,
    /// The language of sentences, where such are wanted.
    pub(crate) words: Option<Language>,
    pub(crate) stages: &'a Stages,
}

impl Found<'_> {
    /// Prints the ranking and writes the files that were asked for.
    pub(crate) fn tell(&self, args: &Args) -> Outcome {
        table::print(self, &mut io::stdout().lock())?;
        if let Some(path) = &args.json {
            write(path, &report::json(self)?)?;
        }
        if let Some(path) = &args.html {
            write(path, &report::html(self))?;
        }
        Ok(())
    }

    /// What the reader should know: of this ranking, and of what the encoder did not read.
    pub(crate) fn notes(&self) -> Vec<String> {
        let notes = self.ranking.notes().iter().map(ToString::to_string);
        notes.chain(self.notes_of_reading()).collect()
    }

    /// Those of them that are not the ranking's, which a page has already.
    pub(crate) fn notes_of_reading(&self) -> impl Iterator<Item = String> {
        let notes = self.read_notes.iter().cloned();
        let notes = notes.chain(self.people.notes()).chain(self.unread());
        notes.chain(self.missing())
    }

    /// The files that were left out.
    fn missing(&self) -> Option<String> {
        let all = self.left_out.join("; ");
        match self.left_out.len() {
            0 => None,
            1 => Some(format!("1 file was left out: {all}")),
            count => Some(format!("{count} files were left out: {all}")),
        }
    }

    fn unread(&self) -> Option<String> {
        let (all, limit) = (self.pool.profiles, self.pool.encoder.max_tokens());
        let Cut {
            profiles,
            tokens,
            used,
        } = self.pool.cut;
        let unread = tokens - used;
        (profiles > 0).then(|| {
            format!(
                "{profiles} of {all} profiles are longer than the {limit} tokens that the encoder \
                 reads: {unread} of their {tokens} tokens were not read"
            )
        })
    }
}

fn write(path: &Path, content: &str) -> Outcome {
    let written = fs::write(path, content);
    written.map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    say(&format!("written: {}", path.display()));
    Ok(())
}
