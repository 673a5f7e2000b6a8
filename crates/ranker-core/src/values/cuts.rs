//! Stretches of a text that are not read, and their form as bytes.

use std::ops::Range;

use super::text::Uncounted;

/// A stretch of a plain text that is not read: why, or `None` for white space.
pub(super) type Cut = (Option<Uncounted>, Range<usize>);

/// Why, by the byte that stands for it.
const REASONS: [Option<Uncounted>; 6] = [
    None,
    Some(Uncounted::Negated),
    Some(Uncounted::Repeated),
    Some(Uncounted::Copied),
    Some(Uncounted::Personal),
    Some(Uncounted::Employer),
];

/// What a text says by itself of how it is read.
#[derive(Debug, PartialEq)]
pub(super) struct Cuts {
    /// The title that is read, where it is another than was given.
    pub(super) title: Option<String>,
    /// Disjoint and in order.
    pub(super) cuts: Vec<Cut>,
}

/// The cuts of a plain text as bytes: its length, the title (0, or 1 and its length and bytes), and then of each cut
/// the reason (0 for none), the bytes since the last one, and its own; numbers in groups of seven bits.
pub(super) fn encode(plain: &str, title: Option<&str>, cuts: &[Cut]) -> Vec<u8> {
    let mut bytes = Vec::new();
    number(&mut bytes, plain.len());
    number(&mut bytes, usize::from(title.is_some()));
    if let Some(title) = title {
        number(&mut bytes, title.len());
        bytes.extend(title.as_bytes());
    }
    let mut end = 0;
    for (why, range) in cuts {
        let reason = REASONS.iter().position(|reason| reason == why);
        number(&mut bytes, reason.unwrap_or_default());
        number(&mut bytes, range.start - end);
        number(&mut bytes, range.len());
        end = range.end;
    }
    bytes
}

/// Reads them again; `None` where they are not those of this text.
pub(super) fn decode(mut bytes: &[u8], plain: &str) -> Option<Cuts> {
    if take_number(&mut bytes)? != plain.len() {
        return None;
    }
    let title = match take_number(&mut bytes)? {
        0 => None,
        1 => {
            let length = take_number(&mut bytes)?;
            let (title, rest) = bytes.split_at_checked(length)?;
            bytes = rest;
            Some(str::from_utf8(title).ok()?.to_owned())
        }
        _ => return None,
    };
    let mut cuts = Vec::new();
    let mut end = 0_usize;
    while !bytes.is_empty() {
        let why = *REASONS.get(take_number(&mut bytes)?)?;
        let start = end.checked_add(take_number(&mut bytes)?)?;
        end = start.checked_add(take_number(&mut bytes)?)?;
        // Also refuses what begins or ends within a character.
        plain.get(start..end)?;
        cuts.push((why, start..end));
    }
    Some(Cuts { title, cuts })
}

fn number(bytes: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_give_the_same_cuts_again_and_others_none() {
        let plain = "é".repeat(200);
        let cuts = vec![
            (Some(Uncounted::Personal), 0..4),
            (None, 4..6),
            (Some(Uncounted::Repeated), 300..400),
        ];
        let title = Some("Nurse".to_owned());
        let bytes = encode(&plain, title.as_deref(), &cuts);
        assert_eq!(decode(&bytes, &plain), Some(Cuts { title, cuts }));
        assert_eq!(decode(&bytes, &plain[2..]), None);
        for cut in 0..bytes.len() {
            let short = decode(&bytes[..cut], &plain);
            assert!(short.is_none_or(|short| short.cuts.len() < 3));
        }
        let within = encode(&plain, None, &[(None, 1..3)]);
        assert_eq!(decode(&within, &plain), None);
    }
}
