//! What a transaction leaves behind beside the profiles, and the version of the format.

use super::record::{self, Part};
use crate::file::Cursor;

/// Profiles with one vector each. Texts of the first format do not say how they are read.
const FORMAT: u32 = 2;
/// Some have several vectors: who does not know that would find them by their first alone.
pub(super) const SEVERAL: u32 = 3;
const OLDEST: u32 = 1;

/// What a transaction leaves behind beside the profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// Identifies the collection.
    pub(super) collection: u128,
    /// How many transactions there were.
    pub(super) version: u64,
    /// The row that the next profile gets.
    pub(super) next_row: u64,
    pub(super) count: u64,
    /// 0 until the first profile comes.
    pub(super) dimension: u64,
    /// Versions from which on it is known what was removed.
    pub(super) log_from: u64,
    /// Further vectors of all profiles: 0 where each has one.
    pub(super) further: u64,
}

impl State {
    pub(super) fn encode(&self) -> Vec<u8> {
        let format = match self.further {
            0 => FORMAT,
            _ => SEVERAL,
        };
        let mut bytes = format.to_le_bytes().to_vec();
        bytes.extend(self.collection.to_le_bytes());
        for number in [
            self.version,
            self.next_row,
            self.count,
            self.dimension,
            self.log_from,
        ] {
            bytes.extend(number.to_le_bytes());
        }
        if self.further > 0 {
            bytes.extend(self.further.to_le_bytes());
        }
        record::seal(Part::State.of(0), bytes)
    }

    /// The state, or the format that it is written in.
    pub(super) fn decode(bytes: &[u8]) -> Result<Result<Self, u32>, &'static str> {
        let mut body = Cursor::new(record::unseal(Part::State.of(0), bytes)?);
        let format = body.u32()?;
        if !(OLDEST..=SEVERAL).contains(&format) {
            return Ok(Err(format));
        }
        let (low, high) = (body.u64()?, body.u64()?);
        let state = Self {
            collection: u128::from(high) << 64 | u128::from(low),
            version: body.u64()?,
            next_row: body.u64()?,
            count: body.u64()?,
            dimension: body.u64()?,
            log_from: body.u64()?,
            further: match format {
                SEVERAL => body.u64()?,
                _ => 0,
            },
        };
        body.end().map(|()| Ok(state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(further: u64) -> State {
        State {
            collection: 7 << 64 | 9,
            version: 3,
            next_row: 12,
            count: 5,
            dimension: 384,
            log_from: 1,
            further,
        }
    }

    #[test]
    fn the_format_tells_whether_somebody_has_several_vectors() {
        let sealed_format = |state: State| {
            let bytes = state.encode();
            u32::from_le_bytes(bytes[..4].try_into().unwrap())
        };
        assert_eq!([state(0), state(1)].map(sealed_format), [FORMAT, SEVERAL]);
        for state in [state(0), state(31)] {
            let bytes = state.encode();
            assert_eq!(State::decode(&bytes), Ok(Ok(state)));
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                assert!(State::decode(&changed).is_err(), "byte {at}");
                assert!(State::decode(&bytes[..at]).is_err(), "cut at {at}");
            }
        }
    }
}
