//! The inner loops of the quantized scan, for the processor at hand.
//!
//! Four loops decide how fast a collection is searched: distances of signs, those of many queries at
//! once, inner products of 1-bit codes with a query of four bits a component, and inner products of int8
//! codes. Each exists as plain Rust, which is what the others are compared with in the tests, and for
//! AVX2, AVX-512 (VPOPCNTDQ, VNNI) and NEON. The machine's instruction sets are detected once.
//!
//! A single f32 product is [`crate::dot::dot`], in safe Rust: it reads memory as fast as the machine
//! does, and gives one score on every machine.

// The one module that may: intrinsics read memory through pointers, and a function compiled for
// AVX-512 may only run where there is AVX-512.
#![allow(unsafe_code)]

#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod tokens;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::sync::{LazyLock, OnceLock};

pub(crate) use tokens::{FOUR, TokenQuery, TokenRows};

/// Rows whose 1-bit codes lie interleaved: a register of 512 bits holds one word of each.
pub(crate) const GROUP: usize = 8;

/// Components a line of int8 codes holds.
pub(crate) const LINE: usize = 64;

/// Bits a query component has where rows have one.
pub(crate) const PLANES: usize = 4;

/// One 64-bit word of each of [`GROUP`] rows, in one cache line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Words(pub(crate) [u64; GROUP]);

/// [`LINE`] components of one row, in one cache line. Rows are padded with zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [i8; LINE]);

impl Line {
    pub(crate) const ZERO: Self = Self([0; LINE]);
}

/// A query as int8 codes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ByteQuery {
    lines: Vec<Line>,
    /// What raising every row component by 128 adds to a product.
    shift: i32,
}

impl ByteQuery {
    pub(crate) fn new(lines: Vec<Line>) -> Self {
        let components = lines.iter().flat_map(|line| line.0);
        let shift = 128 * components.map(i32::from).sum::<i32>();
        Self { lines, shift }
    }

    /// The code of each component, and zeros that fill the last line.
    pub(crate) fn codes(&self) -> impl Iterator<Item = i8> {
        self.lines.iter().flat_map(|line| line.0)
    }

    /// How many lines a row has.
    pub(crate) fn width(&self) -> usize {
        self.lines.len()
    }
}

/// The signs of many queries, one query after the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SignQueries {
    width: usize,
    signs: Vec<u64>,
    cutoffs: Vec<Cutoff>,
}

/// The greatest Hamming distances from a query's signs at which a row is still near.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cutoff {
    /// Over all words.
    all: u64,
    /// How many words are compared first. They are the last, each bit of which depends on all components
    /// of a vector (see the rotation of the quantized index).
    words: usize,
    /// Over those words: hardly any row within `all` is farther there.
    most: u64,
}

/// How many words may be compared before the others.
const fn early(width: usize) -> usize {
    width / 2
}

impl Cutoff {
    /// The differing signs of a row are spread over the words by chance, so of `all` the number that falls
    /// into the first words compared has a hypergeometric distribution. The cutoff there is three standard
    /// deviations above its mean. An unrelated row differs in half of its signs (binomial); where more
    /// than one such row in a hundred would pass (2.33 standard deviations), the early words have too
    /// little contrast, and all words are compared at once.
    fn new(all: u64, width: usize) -> Self {
        let words = early(width);
        let (bits, some) = ((64 * width) as f64, (64 * words) as f64);
        let share = (all as f64 / bits).min(1.0);
        let variance = some * share * (1.0 - share) * (1.0 - some / bits);
        let most = some * share + 3.0 * variance.sqrt();
        if most < some / 2.0 - 2.33 * (some / 4.0).sqrt() {
            let most = most.ceil() as u64;
            return Self { all, words, most };
        }
        Self {
            all,
            words: width,
            most: all,
        }
    }
}

impl SignQueries {
    /// As many signs, and the same number of words, for each query.
    pub(crate) fn new<'a>(queries: impl Iterator<Item = &'a BitQuery>) -> Self {
        let mut all = Self {
            width: 0,
            signs: Vec::new(),
            cutoffs: Vec::new(),
        };
        for query in queries {
            all.width = query.signs.len();
            all.signs.extend(&query.signs);
            all.cutoffs.push(Cutoff::new(query.cutoff, all.width));
        }
        assert_eq!(all.signs.len(), all.width * all.cutoffs.len());
        all
    }

    /// One query, for [`Kernels::within`].
    pub(crate) fn query(&self, at: usize) -> SignQuery<'_> {
        SignQuery {
            signs: &self.signs[at * self.width..][..self.width],
            cutoff: self.cutoffs[at].all,
        }
    }

    /// Lowers a query's cutoff.
    pub(crate) fn tighten(&mut self, query: usize, cutoff: usize) {
        let held = &mut self.cutoffs[query];
        *held = Cutoff::new(held.all.min(cutoff as u64), self.width);
    }
}

/// One query's signs, and the greatest Hamming distance of a row that is near.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignQuery<'q> {
    signs: &'q [u64],
    cutoff: u64,
}

/// Products of int8 codes, and the scale of each row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScaledProducts<'p> {
    pub(crate) products: &'p [i32],
    pub(crate) scales: &'p [f32],
}

/// A query as bit planes: component `i` is `p0 + 2 p1 + 4 p2 - 8 p3` of bit `i` of its planes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BitQuery {
    /// The planes of 64 components each.
    pub(crate) planes: Vec<[u64; PLANES]>,
    /// The query's own signs, as rows have them.
    pub(crate) signs: Vec<u64>,
    /// Rows at a greater Hamming distance are not estimated.
    pub(crate) cutoff: u64,
    /// An estimate is `(scale · sum + shift) · factor of the row`.
    pub(crate) scale: f32,
    pub(crate) shift: f32,
}

/// The 1-bit codes of some rows: `planes` words a group, and a factor (bf16) a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BitRows<'a> {
    pub(crate) words: &'a [Words],
    pub(crate) factors: &'a [[u16; GROUP]],
}

/// Where estimates go: one a row. `above` has a bit a row: on entry for rows that are wanted, on return
/// for those of them that exceed the threshold. Values of groups without a row that is wanted and within
/// the cutoff are left as they were.
#[derive(Debug)]
pub(crate) struct Estimates<'a> {
    pub(crate) values: &'a mut [[f32; GROUP]],
    pub(crate) above: &'a mut [u8],
}

/// Rows of which some may be near a query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NearRows<'a> {
    pub(crate) words: &'a [Words],
    /// A bit a row, as [`Kernels::near`] leaves them.
    pub(crate) near: &'a [u8],
    /// A bit a row that may be found, 64 a word.
    pub(crate) allowed: &'a [u64],
    /// The number of the first row.
    pub(crate) first: u32,
}

type Bits = fn(&BitQuery, BitRows<'_>, f32, Estimates<'_>);
type Signs = fn(&[u64], &[Words], &mut [[u64; GROUP]]);
type Near = fn(&SignQueries, &[Words], &mut [u8]);
type Within = fn(SignQuery<'_>, NearRows<'_>, &mut [u32]) -> usize;
type Bytes = fn(&ByteQuery, &[Line], &mut [i32]);
type Picked = fn(&ByteQuery, &[Line], &[u32], &mut [i32]);
type Nearest = fn(&TokenQuery, TokenRows<'_>, &mut [f32]);
type Exceed = fn(ScaledProducts<'_>, f32, &mut [u64]);
type Fetch = fn(&[Line], usize, &[u32]);

/// The loops of one instruction set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernels {
    name: &'static str,
    signs: Signs,
    near: Near,
    within: Within,
    bits: Bits,
    bytes: Bytes,
    picked: Picked,
    exceed: Exceed,
    nearest: Nearest,
    fetch: Fetch,
}

/// The most that inner loops may use of the processor: see [`limit_instructions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Instructions {
    /// What every processor of the architecture has.
    Portable,
    /// AVX2 and no AVX-512. Limits nothing where the processor is none of x86-64.
    Avx2,
}

/// Inner loops were chosen already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the instruction set is in use: limit it once, before any index is made or read in this process"
)]
pub struct InstructionsInUse;

static MOST: OnceLock<Option<Instructions>> = OnceLock::new();

/// Keeps all indexes and token codes of this process from instructions beyond `most`, to measure how another
/// machine would do or to have one behaviour on several. Answers are those of the fastest loops; only their
/// time is another. Without a call the fastest that the processor has are used.
///
/// [`crate::QuantizedStats::instructions`] names what is used. The encoder's own are set where it is loaded.
///
/// # Errors
///
/// [`InstructionsInUse`] on a second call, or after the first index was made.
pub fn limit_instructions(most: Instructions) -> Result<(), InstructionsInUse> {
    MOST.set(Some(most)).map_err(|_| InstructionsInUse)
}

static BEST: LazyLock<Kernels> = LazyLock::new(|| {
    let most = *MOST.get_or_init(|| None);
    let is_allowed = |kernels: &&Kernels| match most {
        None => true,
        Some(Instructions::Portable) => kernels.name == portable::KERNELS.name,
        Some(Instructions::Avx2) => !kernels.name.starts_with("avx512"),
    };
    let all = all();
    *all.iter().rfind(is_allowed).unwrap_or(&portable::KERNELS)
});

/// The fastest loops that this machine can run, within the limit where there is one.
pub(crate) fn kernels() -> &'static Kernels {
    &BEST
}

/// Every set of loops that this machine can run, the fastest last.
fn all() -> Vec<Kernels> {
    #[allow(unused_mut)]
    let mut all = vec![portable::KERNELS];
    #[cfg(target_arch = "x86_64")]
    all.extend(x86::available());
    #[cfg(target_arch = "aarch64")]
    all.push(neon::KERNELS); // Every aarch64 has NEON.
    all
}

impl Kernels {
    /// The instruction set.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The Hamming distance of each row's signs from the query's.
    pub(crate) fn hamming(&self, signs: &[u64], rows: &[Words], out: &mut [[u64; GROUP]]) {
        let count = out.len().min(rows.len() / signs.len().max(1));
        (self.signs)(signs, &rows[..count * signs.len()], &mut out[..count]);
    }

    /// Which rows may lie within each query's cutoff, by the last words where these have contrast: a bit a
    /// row, for each query a byte a group. [`Self::within`] compares all words.
    pub(crate) fn near(&self, queries: &SignQueries, rows: &[Words], out: &mut [u8]) {
        let groups = rows.len() / queries.width.max(1);
        assert_eq!(out.len(), groups * queries.cutoffs.len());
        (self.near)(queries, &rows[..groups * queries.width], out);
    }

    /// Writes the numbers of those near and allowed rows that lie within a query's cutoff; returns how many
    /// they are.
    ///
    /// # Panics
    ///
    /// Unless there are words and bits for each row, and room for all numbers.
    pub(crate) fn within(
        &self,
        query: SignQuery<'_>,
        rows: NearRows<'_>,
        picks: &mut [u32],
    ) -> usize {
        assert_eq!(rows.words.len(), rows.near.len() * query.signs.len());
        assert!(rows.near.len() <= rows.allowed.len() * GROUP);
        assert!(picks.len() >= rows.near.len() * GROUP);
        (self.within)(query, rows, picks)
    }

    /// Estimates of the rows' inner products with the query, and which exceed `threshold`.
    ///
    /// The slices hold as many groups each; a short one ends the work early.
    pub(crate) fn estimate(
        &self,
        query: &BitQuery,
        rows: BitRows<'_>,
        threshold: f32,
        out: Estimates<'_>,
    ) {
        assert_eq!(query.planes.len(), query.signs.len());
        let width = query.planes.len().max(1);
        let groups = (rows.words.len() / width)
            .min(rows.factors.len())
            .min(out.values.len())
            .min(out.above.len());
        let rows = BitRows {
            words: &rows.words[..groups * query.planes.len()],
            factors: &rows.factors[..groups],
        };
        let out = Estimates {
            values: &mut out.values[..groups],
            above: &mut out.above[..groups],
        };
        (self.bits)(query, rows, threshold, out);
    }

    /// Inner products of the query with rows of as many lines, one after the other.
    pub(crate) fn products(&self, query: &ByteQuery, rows: &[Line], out: &mut [i32]) {
        let count = out.len().min(rows.len() / query.width().max(1));
        (self.bytes)(query, &rows[..count * query.width()], &mut out[..count]);
    }

    /// Inner products of the query with the picked rows.
    ///
    /// # Panics
    ///
    /// When a picked row lies beyond `rows`.
    pub(crate) fn picked(&self, query: &ByteQuery, rows: &[Line], picks: &[u32], out: &mut [i32]) {
        let held = rows.len() / query.width().max(1);
        assert!(
            picks.iter().all(|&pick| (pick as usize) < held),
            "a row beyond those held"
        );
        let count = out.len().min(picks.len());
        (self.picked)(query, rows, &picks[..count], &mut out[..count]);
    }

    /// Prefetches the picked rows, as wide as the query.
    pub(crate) fn fetch(&self, rows: &[Line], query: &ByteQuery, picks: &[u32]) {
        (self.fetch)(rows, query.width(), picks);
    }

    /// For each of the job's tokens, the greatest product with any of the rows; minus infinity without
    /// rows.
    pub(crate) fn nearest(&self, query: &TokenQuery, rows: TokenRows<'_>, out: &mut [f32]) {
        query.check(rows, out);
        (self.nearest)(query, rows, out);
    }

    /// Which products exceed the threshold when each is scaled: a bit a row, 64 a word.
    ///
    /// # Panics
    ///
    /// Unless there are as many scales as products, and a word for each 64.
    pub(crate) fn exceed(&self, scaled: ScaledProducts<'_>, threshold: f32, out: &mut [u64]) {
        assert_eq!(scaled.products.len(), scaled.scales.len());
        assert_eq!(scaled.products.len().div_ceil(64), out.len());
        (self.exceed)(scaled, threshold, out);
    }
}

/// A bf16 as f32.
pub(crate) fn widen(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}

/// The nearest bf16 of a finite number.
pub(crate) fn narrow(value: f32) -> u16 {
    let bits = value.to_bits();
    let round = 0x7FFF + ((bits >> 16) & 1);
    (bits.saturating_add(round) >> 16) as u16
}

#[cfg(test)]
mod tests;
