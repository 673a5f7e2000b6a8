//! A profile's passages: its lines, cut where they run on.

use ranker_core::Profile;

/// A line of more words is cut into passages of this many.
const MOST_WORDS: usize = 40;

/// The headline, then the passages of the text, at most `most` in all. Lines of fewer than three
/// characters say nothing and are left out. Reads no further than it needs to.
pub(super) fn passages(profile: &Profile, most: usize) -> Vec<String> {
    let headline = std::iter::once(profile.plain_title());
    let lines = headline.chain(profile.plain_text().lines());
    let telling = lines.map(str::trim).filter(|line| line.chars().count() > 2);
    telling.flat_map(cut).take(most).collect()
}

/// A line in passages of whole words.
fn cut(line: &str) -> impl Iterator<Item = String> {
    let mut words = line.split_whitespace();
    std::iter::from_fn(move || {
        let passage: Vec<&str> = words.by_ref().take(MOST_WORDS).collect();
        (!passage.is_empty()).then(|| passage.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_passages_and_long_ones_are_cut() {
        let long: String = (0..MOST_WORDS + 2).map(|i| format!("w{i} ")).collect();
        let text = format!("\n  Built search  engines\n-\n{long}\n");
        let profile = Profile::new("p", text).unwrap().with_title("Engineer");
        let found = passages(&profile, 9);
        assert_eq!(found.len(), 4);
        assert_eq!(found[..2], ["Engineer", "Built search engines"]);
        assert_eq!(found[3], "w40 w41");
    }

    #[test]
    fn a_profile_of_a_million_words_has_no_more_passages_than_asked_for() {
        let text: String = (0..1_000_000).map(|i| format!("w{i} ")).collect();
        let profile = Profile::new("p", text).unwrap();
        assert_eq!(passages(&profile, 5).len(), 5);
    }
}
