//! Words that carry grammar, not meaning.

/// Whether a folded word is one that everyone uses: it is never expanded, and never added.
///
/// "IT", "OR", "US" and "WHO" written so can still be acronyms; [`crate::taxonomy`] then asks for the
/// capitals.
pub(crate) fn is_stop_word(key: &str) -> bool {
    LIST.binary_search(&key).is_ok()
}

/// The shortest word that can be expanded or added by itself, in letters.
const MIN_LETTERS: usize = 3;

/// Whether a single folded word says enough to be expanded or added: no stop word, no number, not too short.
pub(crate) fn is_expandable(key: &str) -> bool {
    let letters = key.chars().filter(|c| c.is_alphabetic()).count();
    letters >= MIN_LETTERS && !is_stop_word(key)
}

/// Sorted, for the binary search.
const LIST: [&str; 131] = [
    "a", "about", "above", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as",
    "at", "be", "because", "been", "before", "being", "below", "between", "both", "but", "by",
    "can", "could", "did", "do", "does", "doing", "down", "during", "each", "etc", "few", "for",
    "from", "further", "get", "had", "has", "have", "having", "he", "her", "here", "him", "his",
    "how", "i", "if", "in", "into", "is", "it", "its", "just", "made", "make", "may", "me",
    "might", "more", "most", "must", "my", "new", "no", "nor", "not", "now", "of", "off", "on",
    "once", "one", "only", "or", "other", "our", "out", "over", "own", "per", "pm", "same",
    "shall", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them", "then",
    "there", "these", "they", "this", "those", "through", "to", "too", "two", "under", "until",
    "up", "us", "use", "very", "via", "was", "we", "well", "were", "what", "when", "where",
    "which", "while", "who", "whom", "why", "will", "with", "would", "you", "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_answers() {
        assert!(LIST.is_sorted());
        assert!(is_stop_word("it") && is_stop_word("or") && is_stop_word("your"));
        assert!(!is_stop_word("rust"));
    }
}
