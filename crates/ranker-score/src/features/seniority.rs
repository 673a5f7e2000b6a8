//! How senior a title says that someone is.

use super::words::Words;

/// Words of titles in `Words`' form, with their level: 0 for who is in training, 5 for who leads
/// a house.
const LEVELS: [(&str, u8); 25] = [
    ("intern", 0),
    ("traine", 0),
    ("apprentic", 0),
    ("student", 0),
    ("junior", 1),
    ("jr", 1),
    ("graduat", 1),
    ("assistant", 1),
    ("entry", 1),
    ("senior", 3),
    ("sr", 3),
    ("experienced", 3),
    ("expert", 3),
    ("lead", 4),
    ("leader", 4),
    ("principal", 4),
    ("staff", 4),
    ("manager", 4),
    ("supervisor", 4),
    ("head", 4),
    ("chief", 5),
    ("director", 5),
    ("vp", 5),
    ("president", 5),
    ("partner", 5),
];

/// The level of a title without such words.
const PLAIN: u8 = 2;

/// The range of differences.
const RANGE: f32 = 5.0;

/// The level of the most senior word of a title: 0 (in training) to 5 (leads a house), 2 without
/// any.
fn level(title: &str) -> u8 {
    let words = Words::of(title);
    let levels = words.iter().filter_map(|word| {
        let named = LEVELS.iter().find(|(name, _)| *name == word);
        named.map(|(_, level)| *level)
    });
    levels.max().unwrap_or(PLAIN)
}

/// How much more senior a profile's title is than a job's, from -1 to 1.
pub(super) fn gap(job: &str, profile: &str) -> f32 {
    (f32::from(level(profile)) - f32::from(level(job))) / RANGE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_have_levels() {
        for (title, expected) in [
            ("Junior developer", 1),
            ("Developer", 2),
            ("Senior Developer", 3),
            ("Lead Developer, senior grade", 4),
            ("Director of nursing", 5),
            ("Graduate trainee", 1),
            ("Apprentice electrician", 0),
            ("", 2),
        ] {
            assert_eq!(level(title), expected, "{title}");
        }
        assert_eq!(gap("Senior nurse", "Trainee nurse"), -0.6);
        assert_eq!(gap("", ""), 0.0);
    }

    #[test]
    fn words_are_found_in_the_form_that_they_are_compared_in() {
        let plain = [
            "intern trainee apprentice student junior jr graduate assistant entry senior sr",
            "experienced expert lead leader principal staff manager supervisor head chief",
            "director vp president partner",
        ];
        let words: Vec<&str> = plain.iter().flat_map(|line| line.split(' ')).collect();
        assert_eq!(words.len(), LEVELS.len());
        for (word, (_, expected)) in words.iter().zip(LEVELS) {
            assert_eq!(level(word), expected, "{word}");
        }
    }
}
