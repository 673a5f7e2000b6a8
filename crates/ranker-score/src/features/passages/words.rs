//! The words of a job's title, looked for in passages.

use std::collections::HashSet;

use crate::features::prepared_query::content_words;

/// The content words of a job's title.
pub(super) struct TitleWords(HashSet<String>);

impl TitleWords {
    pub(super) fn of(title: &str) -> Self {
        Self(content_words(title))
    }

    /// The share of the title's words found anywhere, in the best of the first passages, and in the
    /// best passage; and the best passage's overlap (Jaccard's coefficient).
    pub(super) fn shares(&self, passages: &[String]) -> [f32; 4] {
        if self.0.is_empty() {
            return [0.0; 4];
        }
        let mut anywhere: HashSet<&String> = HashSet::new();
        let (mut opening, mut best, mut overlap) = (0.0_f32, 0.0_f32, 0.0_f32);
        for (at, passage) in passages.iter().enumerate() {
            let words = content_words(passage);
            let found: Vec<&String> = self.0.iter().filter(|w| words.contains(*w)).collect();
            let share = found.len() as f32 / self.0.len() as f32;
            if at < super::OPENING {
                opening = opening.max(share);
            }
            best = best.max(share);
            let all = self.0.len() + words.len() - found.len();
            overlap = overlap.max(found.len() as f32 / all as f32);
            anywhere.extend(found);
        }
        let anywhere = anywhere.len() as f32 / self.0.len() as f32;
        [anywhere, opening, best, overlap]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_anywhere_and_together() {
        let title = TitleWords::of("Software engineer for search");
        let passages = ["Ann", "", "", "search of software", "engineering"].map(str::to_owned);
        let [anywhere, opening, best, overlap] = title.shares(&passages);
        assert_eq!((anywhere, opening), (1.0, 0.0));
        assert_eq!((best, overlap), (2.0 / 3.0, 2.0 / 3.0));
        assert_eq!(TitleWords::of("of the").shares(&passages), [0.0; 4]);
    }
}
