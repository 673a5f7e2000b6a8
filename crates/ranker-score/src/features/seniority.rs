//! How senior a title says that someone is.

use super::words::Words;

/// Words of titles in `Words`' form that say a level and nothing of the work: 0 for who is in training, 5 for who leads a
/// house. English, German, French, Spanish, Italian, Dutch.
#[rustfmt::skip]
const GRADES: [(&str, u8); 33] = [
    ("intern", 0), ("traine", 0), ("apprentic", 0), ("student", 0), ("junior", 1), ("jr", 1), ("graduat", 1), ("entry", 1),
    ("senior", 3), ("sr", 3), ("experienced", 3), ("lead", 4), ("principal", 4), ("staff", 4), ("head", 4), ("chief", 5),
    ("praktikant", 0), ("praktikantin", 0), ("werkstudent", 0), ("werkstudentin", 0), ("auszubildend", 0), ("auszubildender", 0),
    ("azubi", 0), ("leitend", 4), ("leitender", 4), ("stagiair", 0), ("alternant", 0), ("débutant", 1), ("confirmé", 3),
    ("becario", 0), ("becaria", 0), ("stagista", 0), ("tirocinant", 0),
];

/// Those that name what somebody does too: a manager is no engineer.
#[rustfmt::skip]
const ROLES: [(&str, u8); 9] = [
    ("assistant", 1), ("expert", 3), ("leader", 4), ("manager", 4), ("supervisor", 4), ("director", 5), ("vp", 5),
    ("president", 5), ("partner", 5),
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
        let mut known = GRADES.iter().chain(&ROLES);
        let named = known.find(|(name, _)| *name == word);
        named.map(|(_, level)| *level)
    });
    levels.max().unwrap_or(PLAIN)
}

/// Whether a word, in `Words`' form, says a level and nothing of the work.
pub(super) fn is_grade(word: &str) -> bool {
    GRADES.iter().any(|(name, _)| *name == word)
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
            ("Werkstudentin Marketing", 0),
            ("", 2),
        ] {
            assert_eq!(level(title), expected, "{title}");
        }
        assert_eq!(gap("Senior nurse", "Trainee nurse"), -0.6);
        assert_eq!(gap("", ""), 0.0);
    }

    #[test]
    fn words_are_found_in_the_form_that_they_are_compared_in() {
        let plain = "intern trainee apprentice student junior jr graduate entry senior sr experienced lead principal staff head \
                     chief praktikant praktikantin werkstudent werkstudentin auszubildende auszubildender azubi leitende leitender \
                     stagiaire alternant débutant confirmé becario becaria stagista tirocinante assistant expert leader manager \
                     supervisor director vp president partner";
        let words: Vec<&str> = plain.split(' ').collect();
        assert_eq!(words.len(), GRADES.len() + ROLES.len());
        for (word, (_, expected)) in words.iter().zip(GRADES.into_iter().chain(ROLES)) {
            assert_eq!(level(word), expected, "{word}");
        }
    }
}
