//! Protocol Buffers' wire format, as much of it as a graph needs. Nothing is copied.

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, each with its tag, in the order of the file.
pub(super) struct Fields<'a> {
    left: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { left: message }
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.left.split_at_checked(length)?;
        self.left = left;
        Some(taken)
    }

    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let key = varint(&mut self.left)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut self.left)?),
            1 => Value::Bytes(self.take(8)?),
            2 => {
                let length = varint(&mut self.left)?;
                Value::Bytes(self.take(usize::try_from(length).ok()?)?)
            }
            5 => Value::Bytes(self.take(4)?),
            _ => return None,
        };
        (key >> 3 > 0).then_some((key >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.left = &[];
        }
        Some(field.ok_or("a message is cut short or malformed"))
    }
}

/// A number of 7 bits a byte, the lowest first.
pub(super) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, left) = bytes.split_first()?;
        *bytes = left;
        number |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_turn_and_a_cut_is_seen() {
        // Field 1 is 300, field 2 "ab", field 3 four bytes.
        let message = [8, 0xAC, 2, 18, 2, b'a', b'b', 29, 1, 2, 3, 4];
        let all: Vec<_> = Fields::of(&message).map(Result::unwrap).collect();
        let expected = [
            (1, Value::Number(300)),
            (2, Value::Bytes(b"ab")),
            (3, Value::Bytes(&[1, 2, 3, 4])),
        ];
        assert_eq!(all, expected);
        for cut in [1, 2, 4, 5, 6, 8, 11] {
            assert!(
                Fields::of(&message[..cut]).any(|field| field.is_err()),
                "{cut}"
            );
        }
        assert!(Fields::of(&[0xFF; 20]).any(|field| field.is_err()));
    }
}
