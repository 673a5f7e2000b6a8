//! The numbers by which spaCy knows strings: a hash, or the place in a fixed list of its own symbols.

/// The seed that spaCy hashes with.
const SEED: u64 = 1;

/// The number of a string that is no symbol: MurmurHash64A of A. Appleby (MurmurHash2, 2008; public domain),
/// little-endian.
pub(super) fn hash(text: &str) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    const R: u32 = 47;
    let mut hash = SEED ^ (text.len() as u64).wrapping_mul(M);
    let (blocks, rest) = text.as_bytes().as_chunks();
    for &block in blocks {
        let k = u64::from_le_bytes(block).wrapping_mul(M);
        hash = (hash ^ (k ^ k >> R).wrapping_mul(M)).wrapping_mul(M);
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u64::from_le_bytes(last)).wrapping_mul(M);
    }
    hash = (hash ^ hash >> R).wrapping_mul(M);
    hash ^ hash >> R
}

/// spaCy's symbols have the numbers of its enumeration, and words such as "agent" and "root" are among them.
/// Listed are those that could be words, by the number of the first.
const SYMBOLS: [(u64, &[&str]); 2] = [
    (
        64,
        &[
            "ID",
            "ORTH",
            "LOWER",
            "NORM",
            "SHAPE",
            "PREFIX",
            "SUFFIX",
            "LENGTH",
            "CLUSTER",
            "LEMMA",
            "POS",
            "TAG",
            "DEP",
            "ENT_IOB",
            "ENT_TYPE",
            "HEAD",
            "SENT_START",
            "SPACY",
            "PROB",
            "LANG",
            "ADJ",
            "ADP",
            "ADV",
            "AUX",
            "CONJ",
            "CCONJ",
            "DET",
            "INTJ",
            "NOUN",
            "NUM",
            "PART",
            "PRON",
            "PROPN",
            "PUNCT",
            "SCONJ",
            "SYM",
            "VERB",
            "X",
            "EOL",
            "SPACE",
        ],
    ),
    (
        380,
        &[
            "PERSON",
            "NORP",
            "FACILITY",
            "ORG",
            "GPE",
            "LOC",
            "PRODUCT",
            "EVENT",
            "WORK_OF_ART",
            "LANGUAGE",
            "LAW",
            "DATE",
            "TIME",
            "PERCENT",
            "MONEY",
            "QUANTITY",
            "ORDINAL",
            "CARDINAL",
            "acomp",
            "advcl",
            "advmod",
            "agent",
            "amod",
            "appos",
            "attr",
            "aux",
            "auxpass",
            "cc",
            "ccomp",
            "complm",
            "conj",
            "cop",
            "csubj",
            "csubjpass",
            "dep",
            "det",
            "dobj",
            "expl",
            "hmod",
            "hyph",
            "infmod",
            "intj",
            "iobj",
            "mark",
            "meta",
            "neg",
            "nmod",
            "nn",
            "npadvmod",
            "nsubj",
            "nsubjpass",
            "num",
            "number",
            "oprd",
            "obj",
            "obl",
            "parataxis",
            "partmod",
            "pcomp",
            "pobj",
            "poss",
            "possessive",
            "preconj",
            "prep",
            "prt",
            "punct",
            "quantmod",
            "relcl",
            "rcmod",
            "root",
            "xcomp",
            "acl",
            "ENT_KB_ID",
            "MORPH",
            "ENT_ID",
            "IDX",
            "_",
        ],
    ),
];

/// The symbols and their numbers: a string store does not list them.
pub(super) fn symbols() -> impl Iterator<Item = (u64, &'static str)> {
    SYMBOLS
        .iter()
        .flat_map(|(first, names)| (*first..).zip(names.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that spaCy 3.8 gives.
    #[test]
    fn hashes_and_symbols_are_those_of_spacy() {
        for (text, id) in [
            ("apple", 8_566_208_034_543_834_098),
            ("coffee", 3_197_928_453_018_144_401),
            ("a", 11_901_859_001_352_538_922),
            ("Rust", 10_714_514_293_934_175_444),
            ("elasticsearch", 697_505_036_340_429_869),
            ("naïve", 16_224_804_062_388_677_344),
            ("abcdefgh", 17_751_780_907_874_141_760),
            ("abcdefghi", 13_885_881_106_499_164_936),
            ("électricien", 12_633_206_068_954_177_771),
        ] {
            assert_eq!(hash(text), id, "{text}");
        }
        for (text, id) in [
            ("ID", 64),
            ("SPACE", 103),
            ("PERSON", 380),
            ("agent", 401),
            ("root", 449),
            ("_", 456),
            ("X", 101),
            ("acl", 451),
            ("MORPH", 453),
        ] {
            assert!(symbols().any(|symbol| symbol == (id, text)), "{text}");
        }
    }
}
