//! How many tokens texts have, as far as one can know without the server's tokenizer.

use ranker_core::TokenUsage;

/// Characters of scripts without spaces that a token holds at most, on the average of a text.
const DENSE: usize = 8;

/// The fewest tokens that a text can have: tokenizers do not join words, and the average token of a script
/// without spaces holds no more than eight characters. So a server that reports fewer did not read the text
/// whole.
pub(crate) fn least(text: &str) -> usize {
    let dense = text.chars().filter(|&c| is_dense(c)).count();
    let words = text.split_whitespace();
    let worded = |word: &str| word.chars().any(|c| c.is_alphanumeric() && !is_dense(c));
    words.filter(|word| worded(word)).count() + dense / DENSE
}

/// Ideographs, kana, Thai, Lao, Khmer and Burmese letters.
fn is_dense(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// About how many tokens a text has, for batches and budgets: four bytes each, as in English.
pub(crate) fn estimate(text: &str) -> usize {
    text.len().div_ceil(4).max(least(text)).max(1)
}

/// How much of each text of one call was read, where the server reported a total for all: shared out by the
/// texts' lengths. Where the total is less than the texts can have, they were cut at some common
/// length, which follows from the total.
pub(crate) fn share(texts: &[&str], total: Option<u64>) -> Vec<TokenUsage> {
    let estimates: Vec<usize> = texts.iter().map(|text| estimate(text)).collect();
    let Some(total) = total.and_then(|total| usize::try_from(total).ok()) else {
        return estimates.iter().map(|&n| TokenUsage::new(n, n)).collect();
    };
    let least: Vec<usize> = texts.iter().map(|text| least(text).max(1)).collect();
    if total < least.iter().sum() {
        let limit = limit(&least, total);
        let cut = |&tokens: &usize| TokenUsage::new(tokens, tokens.min(limit));
        return least.iter().map(cut).collect();
    }
    let sum: usize = estimates.iter().sum();
    let part = |n: usize| (n as f64 * total as f64 / sum.max(1) as f64).round() as usize;
    let used = estimates
        .iter()
        .zip(&least)
        .map(|(&n, &least)| part(n).max(least));
    used.map(|used| TokenUsage::new(used, used)).collect()
}

/// The greatest length at which texts of these lengths were cut, if `total` was read of all.
fn limit(lengths: &[usize], total: usize) -> usize {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let (mut left, mut texts) = (total, sorted.len());
    for length in sorted {
        if length * texts >= left {
            break;
        }
        left -= length;
        texts -= 1;
    }
    (left / texts.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_words_or_eighths_of_a_dense_script() {
        assert_eq!(least("Rust engineer, 7 years — remote"), 5);
        assert_eq!(least(&"電気工事士".repeat(16)), 10);
        assert_eq!(least("* — ***"), 0);
    }

    #[test]
    fn a_total_is_shared_out() {
        let usage = |texts: &[&str], total| share(texts, total);
        assert_eq!(usage(&["one two three"], Some(5)), [TokenUsage::new(5, 5)]);
        assert_eq!(usage(&["one"], None), [TokenUsage::new(1, 1)]);
        let both = usage(&["aaaa", "aaaaaaaaaaaa"], Some(8));
        assert_eq!(both, [TokenUsage::new(2, 2), TokenUsage::new(6, 6)]);
    }

    #[test]
    fn a_total_below_the_least_means_a_common_limit() {
        let (long, short) = ("word ".repeat(100), "two words");
        let usage = share(&[&long, short, &long], Some(42));
        let expected = [(100, 20), (2, 2), (100, 20)].map(|(n, used)| TokenUsage::new(n, used));
        assert_eq!(usage, expected);
    }
}
