//! Compatibility composition (NFKC), a stretch of characters at a time.

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Whether composition can never reach over the place before this character: its decomposition
/// begins with a starter that joins nothing before it (Unicode Standard Annex 15, section 9.1).
pub(super) fn begins(c: char) -> bool {
    if c.is_ascii() {
        return true;
    }
    let mut first = None;
    decompose_compatible(c, |part| first = first.or(Some(part)));
    first.is_some_and(|first| {
        canonical_combining_class(first) == 0
            && is_nfkc_quick(std::iter::once(first)) == IsNormalized::Yes
    })
}

/// Appends these characters, composed.
pub(super) fn compose(chars: &[char], to: &mut String) {
    to.extend(chars.iter().copied().nfkc());
}

/// Whether a character alone is already composed.
pub(super) fn is_composed(c: char) -> bool {
    c.is_ascii() || is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes
}
