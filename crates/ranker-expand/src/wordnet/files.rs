//! WordNet's database files, as described in its manual pages wndb(5WN) and cntlist(5WN).

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::str::SplitAsciiWhitespace;

use super::error::WordNetError;

/// Where a synset starts in `data.noun`.
pub(super) type Offset = u32;

/// A set of synonyms.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Synset {
    /// As written: spaces for underscores, capitals kept.
    pub(super) words: Vec<String>,
    /// The number of the lexicographer's file it is in: its field.
    pub(super) field: u8,
    /// Whether it names one thing, as "Rhine" does, and no class of things.
    pub(super) is_instance: bool,
}

/// The uses of one meaning of a lemma in WordNet's own corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Uses {
    pub(super) sense: u32,
    pub(super) field: u8,
    pub(super) count: u32,
}

/// The nouns.
#[derive(Debug, Default)]
pub(super) struct Nouns {
    /// The meanings of a lemma, most common first.
    pub(super) senses: HashMap<String, Vec<Offset>>,
    pub(super) synsets: HashMap<Offset, Synset>,
    pub(super) uses: HashMap<String, Vec<Uses>>,
    /// The lemmas that are also verbs, adjectives or adverbs.
    pub(super) other_lemmas: HashSet<String>,
}

impl Nouns {
    pub(super) fn read(folder: &Path) -> Result<Self, WordNetError> {
        let mut nouns = Self::default();
        each_line(&folder.join("index.noun"), |line| {
            let (lemma, senses) = index_line(line)?;
            nouns.senses.insert(lemma, senses);
            Some(())
        })?;
        each_line(&folder.join("data.noun"), |line| {
            let (offset, synset) = data_line(line)?;
            nouns.synsets.insert(offset, synset);
            Some(())
        })?;
        each_line(&folder.join("cntlist.rev"), |line| {
            if let Some((lemma, uses)) = count_line(line)? {
                nouns.uses.entry(lemma).or_default().push(uses);
            }
            Some(())
        })?;
        for name in ["index.verb", "index.adj", "index.adv"] {
            each_line(&folder.join(name), |line| {
                nouns.other_lemmas.insert(index_line(line)?.0);
                Some(())
            })?;
        }
        Ok(nouns)
    }
}

/// Hands on every line that is not part of the licence, which stands behind two spaces.
fn each_line(path: &Path, mut take: impl FnMut(&str) -> Option<()>) -> Result<(), WordNetError> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    for (line, text) in (1..).zip(BufReader::new(file).lines()) {
        let malformed = |reason| WordNetError::Line {
            path: path.to_owned(),
            line,
            reason,
        };
        let text = text.map_err(|error| match error.kind() {
            ErrorKind::InvalidData => malformed("it is no text"),
            _ => unreadable(path, error),
        })?;
        if !text.starts_with("  ") {
            take(&text).ok_or_else(|| malformed("a field is missing or no number"))?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: std::io::Error) -> WordNetError {
    WordNetError::Read {
        path: PathBuf::from(path),
        source: error.into(),
    }
}

/// `lemma pos synset_cnt p_cnt [ptr_symbol...] sense_cnt tagsense_cnt synset_offset [...]`
fn index_line(line: &str) -> Option<(String, Vec<Offset>)> {
    let mut fields = line.split_ascii_whitespace();
    let lemma = fields.next()?.to_owned();
    let _part_of_speech = fields.next()?;
    let count: usize = number(&mut fields)?;
    let pointers: usize = number(&mut fields)?;
    let mut fields = fields.skip(pointers.checked_add(2)?);
    let offsets: Option<Vec<Offset>> = fields
        .by_ref()
        .take(count)
        .map(|f| f.parse().ok())
        .collect();
    offsets
        .filter(|offsets| count > 0 && offsets.len() == count)
        .map(|offsets| (lemma, offsets))
}

/// `synset_offset lex_filenum ss_type w_cnt word lex_id [...] p_cnt [ptr...] | gloss`
fn data_line(line: &str) -> Option<(Offset, Synset)> {
    let (data, _gloss) = line.split_once('|')?;
    let mut fields = data.split_ascii_whitespace();
    let offset = number(&mut fields)?;
    let field = number(&mut fields)?;
    let _kind = fields.next()?;
    let count = u8::from_str_radix(fields.next()?, 16).ok()?;
    let mut words = Vec::with_capacity(count.into());
    for _ in 0..count {
        words.push(fields.next()?.replace('_', " "));
        let _lex_id = fields.next()?;
    }
    let pointers: usize = number(&mut fields)?;
    let mut is_instance = false;
    for _ in 0..pointers {
        is_instance |= fields.next()? == "@i";
        fields.nth(2)?;
    }
    let synset = Synset {
        words,
        field,
        is_instance,
    };
    Some((offset, synset))
}

/// `lemma%ss_type:lex_filenum:lex_id:head:head_id sense_number tag_cnt`; `None` within for other words
/// than nouns.
fn count_line(line: &str) -> Option<Option<(String, Uses)>> {
    let mut fields = line.split_ascii_whitespace();
    let (lemma, sense_key) = fields.next()?.split_once('%')?;
    let sense = number(&mut fields)?;
    let count = number(&mut fields)?;
    let mut parts = sense_key.split(':');
    if parts.next()? != "1" {
        return Some(None);
    }
    let field = parts.next()?.parse().ok()?;
    let uses = Uses {
        sense,
        field,
        count,
    };
    Some(Some((lemma.to_owned(), uses)))
}

fn number<N: std::str::FromStr>(fields: &mut SplitAsciiWhitespace<'_>) -> Option<N> {
    fields.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_of_the_real_format_are_read() {
        let (lemma, senses) = index_line("coder n 2 2 @ + 2 1 09950000 09950001  ").unwrap();
        assert_eq!(
            (lemma.as_str(), senses),
            ("coder", vec![9_950_000, 9_950_001])
        );

        let line = "10421470 18 n 03 programmer 0 computer_programmer 0 software_engineer 0 \
                    003 @ 09616922 n 0000 + 00925110 v 0101 ~ 10109443 n 0000 | writes programs  ";
        let (offset, synset) = data_line(line).unwrap();
        assert_eq!(
            (offset, synset.field, synset.is_instance),
            (10_421_470, 18, false)
        );
        assert_eq!(
            synset.words,
            ["programmer", "computer programmer", "software engineer"]
        );

        let uses = count_line("lawyer%1:18:00:: 1 26").unwrap().unwrap().1;
        assert_eq!((uses.sense, uses.field, uses.count), (1, 18, 26));
        assert_eq!(count_line("run%2:38:00:: 1 106").unwrap(), None);
    }

    #[test]
    fn names_of_single_things_are_known() {
        let line = "09402544 15 n 02 Rhine 0 Rhein 0 001 @i 09411430 n 0000 | a river";
        assert!(data_line(line).unwrap().1.is_instance);
    }

    proptest! {
        #[test]
        fn hostile_lines_are_refused_or_read_but_never_panic(line in "[a-z0-9%:|@ ]{0,60}") {
            let _ = (index_line(&line), data_line(&line), count_line(&line));
        }

        #[test]
        fn counts_beyond_the_line_are_refused(count in 3_u64..u64::MAX) {
            let line = format!("coder n {count} 0 1 1 00000001 00000002");
            prop_assert!(index_line(&line).is_none());
            let line = format!("coder n 1 {count} 1 1 00000001");
            prop_assert!(index_line(&line).is_none());
        }
    }
}
