//! Words that say little by themselves.

/// Small words of English. They take part in the score like any token, but not in the choice of
/// what to show: that two texts share "the" says nothing.
const STOP_WORDS: &str = "\
    a about after all also an and any are as at be been before being between both but by can \
    could did do does during each etc for from had has have having he her his how i if in \
    including into is it its just many may me might more most much must my no nor not of off on \
    once only or other our out over own per s same shall she should so some such t than that the \
    their them then there these they this those through to too under up upon us using very via \
    was we well were what when where which while who whom whose why will with within without \
    would you your yours";

/// Words that name the sections of resumes and job descriptions.
const SECTION_WORDS: &str = "\
    accomplishments achievements additional awards background benefits bonus bring career \
    certificates certifications company competencies contact courses description desired duties \
    education employment experience expertise highlights history hobbies ideal information \
    interests job key knowledge languages licenses looking minimum nice objective offer overview \
    perhaps personal plus position preferred professional profile projects publications \
    qualifications references required requirements responsibilities role skills summary tasks \
    team technical technologies tools training volunteering wanted welcome welcomed wish work";

/// Abbreviations that a full stop follows inside a sentence.
const ABBREVIATIONS: &str = "\
    al approx apr aug avg ca cf co corp dec dept dr eg est excl ext feb fig ie inc incl jan jr \
    jul jun ltd mar max min mr mrs ms nov oct prof resp sep sept sr st tel vs";

/// Whether a word, in any case, says nothing by itself.
pub(crate) fn is_stop_word(word: &str) -> bool {
    is_one_of(STOP_WORDS, word)
}

/// Whether a line consists of small words and names of sections.
pub(super) fn only_names_a_section(line: &str) -> bool {
    let mut words = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .peekable();
    words.peek().is_some()
        && words.all(|word| is_one_of(STOP_WORDS, word) || is_one_of(SECTION_WORDS, word))
}

/// Whether the full stop after `word` belongs to it: "Dr.", "e.g.", "J.", and "No." before a number.
pub(super) fn is_abbreviation(word: &str, next: char) -> bool {
    let word = word.trim_start_matches(['(', '[', '"', '\'', '“', '‘']);
    let mut parts = word.split('.');
    let first = parts.next().unwrap_or_default();
    let initial = first.chars().count() == 1 && first.chars().all(char::is_alphabetic);
    initial
        || first.eq_ignore_ascii_case("ph") && parts.next().is_some()
        || word.eq_ignore_ascii_case("no") && next.is_ascii_digit()
        || is_one_of(ABBREVIATIONS, word)
}

/// Whether `words`, a list with spaces between them, holds `word` in any case.
fn is_one_of(words: &str, word: &str) -> bool {
    const LONGEST: usize = 20; // Keeps a word of a megabyte from being compared at length.
    word.len() <= LONGEST
        && words
            .split(' ')
            .any(|known| known.eq_ignore_ascii_case(word))
}
