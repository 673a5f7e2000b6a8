//! Of which moment a derived file is.

use std::fmt;

use super::state::State;

/// The moment of a collection that a derived file shows: written into the file, so that one of
/// another collection or of an earlier moment is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) collection: u128,
    pub(super) version: u64,
    pub(super) next_row: u64,
}

/// How a derived file stands to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It shows this moment or one from which the store knows all changes.
    Followed,
    /// It shows a moment after the store's last.
    Ahead,
    /// It is of another collection, or too old.
    Stale(&'static str),
}

impl Stamp {
    pub(super) fn of(state: &State) -> Self {
        Self {
            collection: state.collection,
            version: state.version,
            next_row: state.next_row,
        }
    }

    pub(super) fn standing(&self, state: &State) -> Standing {
        if self.collection != state.collection {
            Standing::Stale("it is of another collection")
        } else if self.version > state.version || self.next_row > state.next_row {
            Standing::Ahead
        } else if self.version < state.log_from {
            Standing::Stale("it is older than what the store remembers of its changes")
        } else {
            Standing::Followed
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let stamp = Self {
            collection: u128::from_str_radix(parts.next()?, 16).ok()?,
            version: parts.next()?.parse().ok()?,
            next_row: parts.next()?.parse().ok()?,
        };
        (stamp.to_string() == text).then_some(stamp)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            collection,
            version,
            next_row,
        } = self;
        let text = format!("{collection:032x} {version} {next_row}");
        write!(f, "{text} {:08x}", crc32fast::hash(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_or_not_at_all() {
        let stamp = Stamp {
            collection: 77,
            version: 12,
            next_row: 345,
        };
        let text = stamp.to_string();
        assert_eq!(Stamp::parse(&text), Some(stamp));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(Stamp::parse(&changed), None, "{changed}");
        }
    }
}
