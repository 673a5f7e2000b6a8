//! Which lists a word is in, found by one look.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::vocabulary as lists;

/// A list of [`lists`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Trade,
    Both,
    Thing,
    Letters,
    Suffix,
    Particle,
    Honorific,
    Degree,
    Product,
    Section,
    Study,
    Month,
    Street,
    StreetBefore,
    Flat,
    Firm,
    PlaceAfter,
    Does,
    Status,
    BesideStatus,
    People,
    Declared,
    BirthWord,
    /// A word of occupations' titles.
    TitleWord,
}

use Kind::*;

/// A word a line.
const TITLE_WORDS: &str = include_str!("../../../data/title_words.txt");

const LISTS: [(Kind, &[&str]); 23] = [
    (Trade, lists::TRADES),
    (Both, lists::BOTH),
    (Thing, lists::THINGS),
    (Letters, lists::LETTERS),
    (Suffix, lists::SUFFIXES),
    (Particle, lists::PARTICLES),
    (Honorific, lists::HONORIFICS),
    (Degree, lists::DEGREES),
    (Product, lists::PRODUCTS),
    (Section, lists::SECTIONS),
    (Study, lists::STUDIES),
    (Month, lists::MONTHS),
    (Street, lists::STREETS),
    (StreetBefore, lists::STREETS_BEFORE),
    (Flat, lists::FLATS),
    (Firm, lists::FIRMS),
    (PlaceAfter, lists::PLACES_AFTER),
    (Does, lists::DOES),
    (Status, lists::STATUS),
    (BesideStatus, lists::BESIDE_STATUS),
    (People, lists::PEOPLES),
    (Declared, lists::DECLARED),
    (BirthWord, lists::BIRTH_WORDS),
];

/// The lists that a word is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u32);

impl Kinds {
    pub(super) fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u32) != 0
    }
}

static KINDS: LazyLock<HashMap<&'static str, Kinds>> = LazyLock::new(|| {
    let mut kinds: HashMap<&str, Kinds> = HashMap::new();
    for (kind, words) in LISTS {
        for word in words {
            kinds.entry(word).or_default().0 |= 1 << kind as u32;
        }
    }
    for word in TITLE_WORDS.lines().filter(|word| !word.starts_with('#')) {
        kinds.entry(word).or_default().0 |= 1 << TitleWord as u32;
    }
    // What is a name too is no sure sign of a trade.
    for word in lists::BOTH {
        kinds.entry(word).or_default().0 &= !(1 << Trade as u32);
    }
    kinds
});

/// The lists that a word, folded, is in.
pub(super) fn kinds(folded: &str) -> Kinds {
    let mut kinds = KINDS.get(folded).copied().unwrap_or_default();
    let ends = |ending: &&&str| folded.len() > ending.len() + 2 && folded.ends_with(**ending);
    if !kinds.has(Both) && lists::TRADE_ENDINGS.iter().any(|ending| ends(&ending)) {
        kinds.0 |= 1 << Trade as u32;
    }
    kinds
}
