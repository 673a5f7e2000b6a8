//! A profile as records: facts, text and vector, each with its own checksum.
//!
//! ```text
//! facts   id, hash of the normalised text u64, facts u32, then a fact after the other:
//!         name, kind u8 (0 number f64, 1 keyword, 2 keywords: u32 and so many words, 3 flag u8)
//! texts   title, text, the name of the form in which they are read, and what of them is not read
//!         ([`Profile::reading_record`]); records of format 1 end before the form, and are read whole
//! vector  dimension × f32
//! further the same, of a further vector of a row: its number is `row · 2^16 + n`, from n = 1 on
//! ```
//!
//! Text is a length u32 and UTF-8. Numbers are little-endian. A record ends with the CRC-32 of its
//! kind, its number and its bytes, so that one record in the place of another is noticed too.

use std::ops::RangeInclusive;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Fact, Facts, Profile, Reading};

use crate::file::Cursor;
use crate::quantized::FactPart;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Facts = 1,
    Texts = 2,
    Vector = 3,
    Removed = 4,
    State = 5,
    Encoder = 6,
    Tokens = 7,
    Further = 8,
}

/// What stays in memory of a profile. Facts and texts are read from the store: texts of the candidates
/// returned, facts of a page for the first filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Identity {
    pub(super) id: CandidateId,
    /// Of the normalised text.
    pub(super) hash: u64,
}

/// A profile without its text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attributes {
    pub(super) identity: Identity,
    pub(super) facts: Facts,
}

/// Which record: records of one kind are numbered by row or by version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) part: Part,
    pub(super) number: u64,
}

impl Part {
    /// The record of this kind with this number.
    pub(super) fn of(self, number: u64) -> Key {
        Key { part: self, number }
    }
}

/// Closes a record with its checksum.
pub(super) fn seal(key: Key, mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = checksum(key, &bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// The bytes of a record whose checksum holds.
pub(super) fn unseal(key: Key, bytes: &[u8]) -> Result<&[u8], &'static str> {
    let (bytes, sum) = bytes.split_last_chunk().ok_or("a record is too short")?;
    if checksum(key, bytes) == u32::from_le_bytes(*sum) {
        Ok(bytes)
    } else {
        Err("a record does not fit its checksum")
    }
}

fn checksum(key: Key, bytes: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&[key.part as u8]);
    sum.update(&key.number.to_le_bytes());
    sum.update(bytes);
    sum.finalize()
}

pub(super) fn facts(number: u64, known: &Attributes) -> Vec<u8> {
    let mut bytes = Vec::new();
    text(&mut bytes, known.identity.id.as_str());
    bytes.extend(known.identity.hash.to_le_bytes());
    count(&mut bytes, known.facts.len());
    for (name, fact) in known.facts.iter() {
        text(&mut bytes, name);
        match fact {
            Fact::Number(value) => {
                bytes.push(0);
                bytes.extend(value.to_le_bytes());
            }
            Fact::Keyword(word) => {
                bytes.push(1);
                text(&mut bytes, word);
            }
            Fact::Flag(value) => bytes.extend([3, u8::from(*value)]),
            words => {
                bytes.push(2);
                count(&mut bytes, words.words().count());
                words.words().for_each(|word| text(&mut bytes, word));
            }
        }
    }
    seal(Part::Facts.of(number), bytes)
}

pub(super) fn read_facts(number: u64, bytes: &[u8]) -> Result<Attributes, &'static str> {
    let mut body = Cursor::new(unseal(Part::Facts.of(number), bytes)?);
    let identity = read_head(&mut body)?;
    let mut facts = Facts::new();
    for _ in 0..body.u32()? {
        let name = read_text(&mut body)?;
        let fact = read_fact(&mut body)?;
        let inserted = facts.insert(name, fact);
        inserted.map_err(|_| "a fact is not allowed")?;
    }
    body.end()?;
    Ok(Attributes { identity, facts })
}

/// Visits the facts of a record part by part, without copies.
pub(super) fn visit_facts(
    number: u64,
    bytes: &[u8],
    mut visit: impl FnMut(&str, FactPart<'_>),
) -> Result<(), &'static str> {
    let mut body = Cursor::new(unseal(Part::Facts.of(number), bytes)?);
    read_text(&mut body)?;
    body.u64()?;
    for _ in 0..body.u32()? {
        let name = read_text(&mut body)?;
        visit(name, FactPart::Something);
        match body.u8()? {
            0 => visit(name, FactPart::Number(f64::from_bits(body.u64()?))),
            1 => visit(name, FactPart::Word(read_text(&mut body)?)),
            2 => {
                for _ in 0..body.u32()? {
                    visit(name, FactPart::Word(read_text(&mut body)?));
                }
            }
            3 => visit(name, FactPart::Flag(body.u8()? == 1)),
            _ => return Err("a fact is of no known kind"),
        }
    }
    body.end()
}

/// What a record of facts begins with.
pub(super) fn read_identity(number: u64, bytes: &[u8]) -> Result<Identity, &'static str> {
    read_head(&mut Cursor::new(unseal(Part::Facts.of(number), bytes)?))
}

fn read_head(body: &mut Cursor<'_>) -> Result<Identity, &'static str> {
    let id = CandidateId::new(read_text(body)?).map_err(|_| "an id is not allowed")?;
    let hash = body.u64()?;
    Ok(Identity { id, hash })
}

fn read_fact(body: &mut Cursor<'_>) -> Result<Fact, &'static str> {
    match body.u8()? {
        0 => Ok(Fact::Number(f64::from_bits(body.u64()?))),
        1 => Ok(Fact::Keyword(read_text(body)?.to_owned())),
        2 => {
            let words = (0..body.u32()?).map(|_| read_text(body).map(str::to_owned));
            words.collect::<Result<_, _>>().map(Fact::Keywords)
        }
        3 => Ok(Fact::Flag(body.u8()? == 1)),
        _ => Err("a fact is of no known kind"),
    }
}

pub(super) fn texts(number: u64, profile: &Profile) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(profile.title().len() + profile.text().len() + 12);
    text(&mut bytes, profile.title());
    text(&mut bytes, profile.text());
    text(&mut bytes, profile.reading().form());
    bytes.extend(profile.reading_record());
    seal(Part::Texts.of(number), bytes)
}

/// The profile that a record of texts completes.
pub(super) fn read_texts(
    number: u64,
    bytes: &[u8],
    known: Attributes,
) -> Result<Profile, &'static str> {
    let mut body = Cursor::new(unseal(Part::Texts.of(number), bytes)?);
    let (title, text) = (read_text(&mut body)?, read_text(&mut body)?);
    let reading = match body.rest().is_empty() {
        true => Some(Reading::Whole),
        false => Reading::of_form(read_text(&mut body)?),
    };
    let reading = reading.ok_or("a text is read in a form of another version")?;
    let not_read = body.rest();
    let profile = Profile::new(known.identity.id.as_str(), text).map_err(|_| "a text is blank")?;
    let profile = profile.read_as(reading).with_title(title);
    Ok(profile
        .with_reading_record(not_read)
        .with_facts(known.facts))
}

/// How many further vectors a row may have.
pub(super) const MOST_FURTHER: usize = u16::MAX as usize;

/// The numbers of the records of a row's further vectors. Rows are counted by profiles, of which no machine holds
/// 2^48.
pub(super) fn further(row: u64) -> RangeInclusive<u64> {
    let first = row << u16::BITS;
    first + 1..=first + MOST_FURTHER as u64
}

pub(super) fn vector(key: Key, vector: &Embedding) -> Vec<u8> {
    let components = vector.as_slice().iter();
    let mut bytes = Vec::with_capacity(4 * vector.dimension() + 4);
    bytes.extend(components.flat_map(|x| x.to_le_bytes()));
    seal(key, bytes)
}

pub(super) fn read_vector(key: Key, bytes: &[u8]) -> Result<Embedding, &'static str> {
    let bytes = unseal(key, bytes)?;
    let (components, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err("a vector ends in the middle of a number");
    }
    let components = components.iter().copied().map(f32::from_le_bytes);
    Embedding::unit(components.collect()).map_err(|_| "a vector is not of unit length")
}

/// Token codes, after a hash of their encoder's name, so that those of another are noticed.
pub(super) fn tokens(number: u64, encoder: &str, codes: &[u8]) -> Vec<u8> {
    let tag = crc32fast::hash(encoder.as_bytes());
    let bytes = [&tag.to_le_bytes()[..], codes].concat();
    seal(Part::Tokens.of(number), bytes)
}

pub(super) fn read_tokens<'a>(
    number: u64,
    encoder: &str,
    bytes: &'a [u8],
) -> Result<&'a [u8], &'static str> {
    let bytes = unseal(Part::Tokens.of(number), bytes)?;
    let (tag, codes) = bytes
        .split_first_chunk()
        .ok_or("token codes are too short")?;
    match u32::from_le_bytes(*tag) == crc32fast::hash(encoder.as_bytes()) {
        true => Ok(codes),
        false => Err("token codes are of another encoder"),
    }
}

/// The rows that one transaction removed, with their ids.
pub(super) fn removed(version: u64, rows: &[(u64, CandidateId)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (row, id) in rows {
        bytes.extend(row.to_le_bytes());
        text(&mut bytes, id.as_str());
    }
    seal(Part::Removed.of(version), bytes)
}

pub(super) fn read_removed(
    version: u64,
    bytes: &[u8],
) -> Result<Vec<(u64, CandidateId)>, &'static str> {
    let mut body = Cursor::new(unseal(Part::Removed.of(version), bytes)?);
    let mut rows = Vec::new();
    while !body.rest().is_empty() {
        let row = body.u64()?;
        let id = CandidateId::new(read_text(&mut body)?).map_err(|_| "an id is not allowed")?;
        rows.push((row, id));
    }
    Ok(rows)
}

/// The model id of the encoder.
pub(super) fn encoder(model_id: &str) -> Vec<u8> {
    seal(Part::Encoder.of(0), model_id.into())
}

pub(super) fn read_encoder(bytes: &[u8]) -> Result<Arc<str>, &'static str> {
    let name = unseal(Part::Encoder.of(0), bytes)?;
    let name = std::str::from_utf8(name).map_err(|_| "the encoder's name is no UTF-8")?;
    Ok(name.into())
}

fn count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend((count as u32).to_le_bytes());
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    count(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn read_text<'a>(body: &mut Cursor<'a>) -> Result<&'a str, &'static str> {
    let length = body.u32()?;
    std::str::from_utf8(body.take(length.into())?).map_err(|_| "a text is no UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantized::Columns;

    fn profile() -> Profile {
        let facts = [
            ("years", Fact::Number(6.5)),
            ("place", Fact::keyword("Zürich")),
            ("skills", Fact::keywords(["rust", "sql"])),
            ("none", Fact::Keywords([].into())),
            ("permit", Fact::flag(true)),
        ];
        let profile = Profile::new("a", "Builds ∑ things").unwrap();
        let profile = profile.with_title("Engineer");
        let with = |profile: Profile, (name, fact)| profile.with_fact(name, fact).unwrap();
        facts.into_iter().fold(profile, with)
    }

    fn known(profile: &Profile) -> Attributes {
        Attributes {
            identity: Identity {
                id: profile.id().clone(),
                hash: 7,
            },
            facts: profile.facts().clone(),
        }
    }

    #[test]
    fn a_profile_comes_back_whole() {
        let profile = profile();
        let known = known(&profile);
        assert_eq!(read_facts(3, &facts(3, &known)).unwrap(), known);
        assert_eq!(read_identity(3, &facts(3, &known)).unwrap(), known.identity);
        assert_eq!(read_texts(3, &texts(3, &profile), known).unwrap(), profile);
        let unit = Embedding::normalized(vec![1.0, -2.0]).unwrap();
        let [own, further] = [Part::Vector, Part::Further].map(|part| part.of(9));
        assert_eq!(read_vector(own, &vector(own, &unit)).unwrap(), unit);
        let read = read_vector(own, &vector(further, &unit));
        assert!(read.is_err(), "a further vector in the place of the first");
        let rows = [(4, profile.id().clone())];
        assert_eq!(read_removed(2, &removed(2, &rows)).unwrap(), rows);
    }

    #[test]
    fn facts_are_visited_as_they_are() {
        let profile = profile();
        let known = known(&profile);
        let mut columns = Columns::empty(1);
        let bytes = facts(3, &known);
        visit_facts(3, &bytes, |name, part| columns.add(0, name, part)).unwrap();
        let expected = Columns::new([Some(profile.facts())].into_iter());
        assert_eq!(columns.sorted(), expected);
        for at in 0..bytes.len() {
            let cut = visit_facts(3, &bytes[..at], |_, _| ());
            assert!(cut.is_err(), "cut at {at}");
        }
    }

    #[test]
    fn another_record_or_another_byte_is_noticed() {
        let sound = texts(3, &profile());
        let read = |number, bytes: &[u8]| {
            let known = known(&profile());
            read_texts(number, bytes, known)
        };
        assert!(read(4, &sound).is_err(), "in the place of another");
        for at in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[at] ^= 1;
            assert!(read(3, &bytes).is_err(), "byte {at}");
            assert!(read(3, &sound[..at]).is_err(), "cut at {at}");
        }
    }
}
