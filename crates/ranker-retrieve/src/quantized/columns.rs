//! The facts of a block's rows by name, so that a filter is answered without reading profiles.
//!
//! Numbers lie sorted beside their rows, words with the rows that hold them: the work of a condition
//! grows with the rows that meet it, not with the block.

use std::collections::BTreeMap;

use ranker_core::{Fact, Facts, Filter, word_key};

use super::bitmap::Bitmap;

/// Rows of a block are counted in 16 bits.
pub(crate) type RowNumber = u16;

/// One fact of the rows that have it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Column {
    /// Ascending.
    numbers: Vec<(f64, RowNumber)>,
    /// Rows of keywords and of sets of keywords, by word.
    words: BTreeMap<String, Vec<RowNumber>>,
    /// Rows that have the fact, of whatever kind.
    present: Vec<RowNumber>,
    flags: [Vec<RowNumber>; 2],
}

/// A part of a row's fact.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FactPart<'a> {
    /// That there is a fact, of whatever kind: reported before its values.
    Something,
    Number(f64),
    Flag(bool),
    Word(&'a str),
}

/// The facts of a block's rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Columns {
    rows: usize,
    columns: BTreeMap<String, Column>,
}

impl Columns {
    /// The columns of at most 65,536 rows.
    pub(crate) fn new<'a>(rows: impl Iterator<Item = Option<&'a Facts>>) -> Self {
        let mut columns = Self::default();
        for (facts, row) in rows.zip(0..=RowNumber::MAX) {
            columns.rows += 1;
            for (name, fact) in facts.into_iter().flat_map(Facts::iter) {
                columns.add(row, name, FactPart::Something);
                match fact {
                    Fact::Number(number) => columns.add(row, name, FactPart::Number(*number)),
                    Fact::Flag(value) => columns.add(row, name, FactPart::Flag(*value)),
                    words => {
                        let words = words.words();
                        words.for_each(|word| columns.add(row, name, FactPart::Word(word)));
                    }
                }
            }
        }
        columns.sorted()
    }

    /// The columns of `rows` rows without facts.
    #[cfg(feature = "collection")]
    pub(crate) fn empty(rows: usize) -> Self {
        let columns = BTreeMap::new();
        Self { rows, columns }
    }

    /// Adds a part of a row's fact; rows come in ascending order.
    pub(crate) fn add(&mut self, row: RowNumber, name: &str, part: FactPart<'_>) {
        match self.columns.get_mut(name) {
            Some(column) => column.add(row, part),
            None => {
                let column = self.columns.entry(name.to_owned()).or_default();
                column.add(row, part);
            }
        }
    }

    /// Ready to be prepared.
    pub(crate) fn sorted(mut self) -> Self {
        for column in self.columns.values_mut() {
            column.numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        self
    }

    /// The rows that pass: those whose facts [`Filter::matches`]. `None` for a condition of a kind
    /// that columns do not know.
    pub(crate) fn passing(&self, filter: &Filter) -> Option<Bitmap> {
        match filter {
            Filter::All => Some(Bitmap::all(self.rows)),
            Filter::Range { fact, min, max } => {
                Some(self.met(fact, |column, rows| column.range(*min, *max, rows)))
            }
            Filter::Flag { fact, value } => Some(self.met(fact, |column, rows| {
                insert(&column.flags[usize::from(*value)], rows);
            })),
            Filter::AnyOf { fact, words } => Some(self.met(fact, |column, rows| {
                let held = words.iter().filter_map(|word| column.words.get(word));
                held.for_each(|held| insert(held, rows));
            })),
            Filter::AllOf { fact, words } => Some(self.met(fact, |column, rows| {
                insert(&column.present, rows);
                for word in words {
                    let mut held = Bitmap::none(self.rows);
                    insert(column.words.get(word).map_or(&[], Vec::as_slice), &mut held);
                    *rows = std::mem::replace(rows, Bitmap::none(0)).and(&held);
                }
            })),
            Filter::And(filters) => self.fold(filters, Bitmap::all(self.rows), Bitmap::and),
            Filter::Or(filters) => self.fold(filters, Bitmap::none(self.rows), Bitmap::or),
            Filter::Not(filter) => self.passing(filter).map(Bitmap::not),
            _ => None, // The enum may grow; the caller uses `Filter::matches` then.
        }
    }

    fn met(&self, fact: &str, mark: impl FnOnce(&Column, &mut Bitmap)) -> Bitmap {
        let mut rows = Bitmap::none(self.rows);
        if let Some(column) = self.columns.get(fact) {
            mark(column, &mut rows);
        }
        rows
    }

    fn fold(
        &self,
        filters: &[Filter],
        start: Bitmap,
        join: impl Fn(Bitmap, &Bitmap) -> Bitmap,
    ) -> Option<Bitmap> {
        let mut passing = filters.iter().map(|filter| self.passing(filter));
        passing.try_fold(start, |rows, filter| Some(join(rows, &filter?)))
    }
}

impl Column {
    fn add(&mut self, row: RowNumber, part: FactPart<'_>) {
        match part {
            FactPart::Something => self.present.push(row),
            FactPart::Number(number) => self.numbers.push((number, row)),
            FactPart::Flag(value) => self.flags[usize::from(value)].push(row),
            // Filters ask for the key of a word, under which its aliases are one.
            FactPart::Word(word) => {
                let word = word_key(word);
                match self.words.get_mut(&*word) {
                    Some(rows) => rows.push(row),
                    None => _ = self.words.insert(word.into_owned(), vec![row]),
                }
            }
        }
    }

    fn range(&self, min: f64, max: f64, rows: &mut Bitmap) {
        if min.is_nan() || max.is_nan() {
            return; // Nothing meets it.
        }
        let from = self.numbers.partition_point(|&(number, _)| number < min);
        let to = self.numbers.partition_point(|&(number, _)| number <= max);
        let met = self.numbers.get(from..to).unwrap_or_default();
        met.iter().for_each(|&(_, row)| rows.insert(row.into()));
    }
}

fn insert(held: &[RowNumber], rows: &mut Bitmap) {
    held.iter().for_each(|&row| rows.insert(row.into()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ranker_core::Fact;

    use super::*;

    const NAMES: [&str; 3] = ["years", "skills", "permit"];
    const WORDS: [&str; 4] = ["rust", "sql", "go", "c"];

    fn fact() -> impl Strategy<Value = Fact> {
        prop_oneof![
            (-3_i32..4).prop_map(Fact::integer),
            Just(Fact::Number(-0.0)),
            any::<bool>().prop_map(Fact::flag),
            prop::sample::select(&WORDS[..]).prop_map(Fact::keyword),
            prop::sample::subsequence(&WORDS[..], 0..4).prop_map(Fact::keywords),
        ]
    }

    fn facts() -> impl Strategy<Value = Option<Facts>> {
        let named = (prop::sample::select(&NAMES[..]), fact());
        let facts = prop::collection::vec(named, 0..4).prop_map(|all| {
            let mut facts = Facts::new();
            for (name, fact) in all {
                facts.insert(name, fact).unwrap();
            }
            facts
        });
        prop::option::weighted(0.9, facts)
    }

    fn filter() -> impl Strategy<Value = Filter> {
        let bound = prop_oneof![
            (-4_i32..5).prop_map(f64::from),
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(-0.0)
        ];
        let name = || prop::sample::select(&NAMES[..]);
        let words = || prop::sample::subsequence(&WORDS[..], 0..3);
        let leaf = prop_oneof![
            Just(Filter::All),
            (name(), bound.clone(), bound).prop_map(|(fact, min, max)| {
                let fact = fact.to_owned();
                Filter::Range { fact, min, max }
            }),
            (name(), any::<bool>()).prop_map(|(fact, value)| Filter::flag(fact, value)),
            (name(), words()).prop_map(|(fact, words)| Filter::any_of(fact, words)),
            (name(), words()).prop_map(|(fact, words)| Filter::all_of(fact, words)),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::And),
                prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::Or),
                inner.prop_map(|filter| Filter::Not(Box::new(filter))),
            ]
        })
    }

    proptest! {
        #[test]
        fn answers_as_the_filter_does(
            rows in prop::collection::vec(facts(), 0..150),
            filter in filter(),
        ) {
            let columns = Columns::new(rows.iter().map(Option::as_ref));
            let passing = columns.passing(&filter).unwrap();
            let nothing = Facts::new();
            for (row, facts) in rows.iter().enumerate() {
                let expected = filter.matches(facts.as_ref().unwrap_or(&nothing));
                prop_assert_eq!(passing.get(row), expected, "{:?} {:?}", facts, filter);
            }
        }
    }
}
