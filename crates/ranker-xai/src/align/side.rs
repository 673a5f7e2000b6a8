//! A text, its segments, and its tokens among them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use ranker_core::{Place, TokenEmbeddings};

use super::passages::{add, dot};
use crate::segment::{Segment, SegmentKind, is_stop_word, segments, words};

/// One of the two texts that are laid against each other.
pub(super) struct Side {
    pub(super) tokens: TokenEmbeddings,
    /// The title first, which may be empty, then the text's segments.
    pub(super) places: Vec<Place>,
    /// The place that each token stands in.
    pub(super) homes: Vec<usize>,
    /// By place, the tokens that tell something; none in the title and in headings.
    telling: Vec<Vec<usize>>,
    /// By place, whether it has such tokens, shared ones among them.
    speaks: Vec<bool>,
    /// Bytes of the text's headings.
    headings: Vec<Range<usize>>,
    /// The length of the sum of all tokens: asked of a job for every profile.
    length: OnceLock<f64>,
    /// By place, whether it is one point of a list.
    points: Vec<bool>,
}

impl Side {
    /// `full` is what the encoder read: the text, perhaps after a title.
    pub(super) fn new(full: &str, text: &str, tokens: TokenEmbeddings) -> Self {
        Self::of_segments((full, text), segments(text), tokens)
    }

    /// As [`Self::new`], each word a segment.
    pub(super) fn of_words(full: &str, text: &str, tokens: TokenEmbeddings) -> Self {
        Self::of_segments((full, text), words(text), tokens)
    }

    fn of_segments(
        (full, text): (&str, &str),
        segments: Vec<Segment>,
        tokens: TokenEmbeddings,
    ) -> Self {
        let offset = full.len() - text.len();
        let homes: Vec<usize> = tokens
            .spans()
            .iter()
            .map(|span| home(span, offset, &segments))
            .collect();
        let mut telling = vec![Vec::new(); segments.len() + 1];
        for (token, (span, &home)) in tokens.spans().iter().zip(&homes).enumerate() {
            let passage = home > 0 && segments[home - 1].kind != SegmentKind::Heading;
            if passage && tells(full, span) {
                telling[home].push(token);
            }
        }
        let headings = segments
            .iter()
            .filter(|one| one.kind == SegmentKind::Heading);
        let headings = headings.map(|one| one.bytes.clone()).collect();
        let is_point = |segment: &Segment| segment.kind == SegmentKind::Point;
        let points = segments.iter().map(is_point);
        let points = std::iter::once(false).chain(points).collect();
        let places = segments
            .into_iter()
            .map(|segment| Place::Text(segment.bytes));
        Self {
            tokens,
            places: std::iter::once(Place::Title).chain(places).collect(),
            homes,
            speaks: telling.iter().map(|tokens| !tokens.is_empty()).collect(),
            telling,
            headings,
            length: OnceLock::new(),
            points,
        }
    }

    /// Where a text lists points, three at least, only they ask for something: what stands around
    /// them is about the company and how to apply.
    pub(super) fn only_points(mut self) -> Self {
        const LEAST: usize = 3;
        let places = self.points.iter().zip(&self.telling);
        let points = places.filter(|(point, telling)| **point && !telling.is_empty());
        if points.count() >= LEAST {
            for (telling, point) in self.telling.iter_mut().zip(&self.points) {
                if !point {
                    telling.clear();
                }
            }
        }
        self
    }

    /// Where one kept vector stands for tokens of several places, it tells of none of them: which of them is like a
    /// requirement, it does not say.
    pub(super) fn without_shared(mut self) -> Self {
        // By vector, the one place that all its tokens stand in.
        let mut places: HashMap<usize, Option<usize>> = HashMap::new();
        for (token, &home) in self.homes.iter().enumerate() {
            let place = places.entry(self.tokens.row(token)).or_insert(Some(home));
            *place = place.filter(|place| *place == home);
        }
        for telling in &mut self.telling {
            telling.retain(|&token| places[&self.tokens.row(token)].is_some());
        }
        self
    }

    /// The length of the sum of all tokens.
    pub(super) fn length(&self) -> f64 {
        *self.length.get_or_init(|| {
            let mut sum = vec![0.0; self.tokens.dimension()];
            for vector in self.tokens.vectors() {
                add(&mut sum, vector);
            }
            dot(&sum, &sum).sqrt()
        })
    }

    /// Bytes of the text's headings.
    pub(super) fn headings(&self) -> &[Range<usize>] {
        &self.headings
    }

    /// Bytes of the text's segments.
    pub(super) fn segments(&self) -> impl Iterator<Item = &Range<usize>> {
        self.places.iter().filter_map(|place| match place {
            Place::Text(bytes) => Some(bytes),
            Place::Title => None,
        })
    }

    /// Whether this segment of the text is no heading and has tokens that tell something.
    pub(super) fn tells(&self, segment: usize) -> bool {
        self.speaks[segment + 1]
    }

    /// The text's passages with tokens that tell something: bytes and tokens.
    pub(super) fn passages(&self) -> impl Iterator<Item = (&Range<usize>, &[usize])> {
        let passages = self.places.iter().zip(&self.telling);
        passages.filter_map(|(place, telling)| match place {
            Place::Text(bytes) if !telling.is_empty() => Some((bytes, telling.as_slice())),
            Place::Text(_) | Place::Title => None,
        })
    }
}

/// The place of a token: 0 for the title, else one more than its segment's number. What stands
/// between two segments, such as a bullet, belongs to the next; at the end, to the last.
fn home(span: &Range<usize>, offset: usize, segments: &[Segment]) -> usize {
    match span.start.checked_sub(offset) {
        Some(start) => {
            let segment = segments.partition_point(|segment| segment.bytes.end <= start);
            (segment + 1).min(segments.len())
        }
        None => 0,
    }
}

/// Whether a token is a word, or a piece of one, that says something by itself; of several tokens in one
/// span, whether any is.
fn tells(full: &str, span: &Range<usize>) -> bool {
    let Some(tokens) = full.get(span.clone()) else {
        return false;
    };
    let mut words = tokens.split_whitespace().peekable();
    let Some(first) = words.next() else {
        return false;
    };
    if words.peek().is_some() {
        let word = |word: &str| word.contains(char::is_alphanumeric) && !is_stop_word(word);
        return word(first) || words.any(word);
    }
    let ends = full[..span.start].chars().next_back();
    let begins = full[span.end..].chars().next();
    let piece = [ends, begins]
        .into_iter()
        .flatten()
        .any(char::is_alphanumeric);
    first.contains(char::is_alphanumeric) && (piece || !is_stop_word(first))
}
