//! What a job says of the employer, its offer and how to apply.

use std::ops::Range;

use super::employer_words::{
    APPLIES, APPLY, ASKS, ASKS_IN_EMPLOYER, EQUAL, OFFERS, PAPERS, PLACE, WORK,
};
use super::job_lines::{JobLine, JobLineKind, JobSection, is_point, is_prose, job_lines, label};
use super::wishes::lower_words;
use super::years_asked::{sentences, years_asked};

/// Where less than one word in so many would be left, all of the text is read.
const LEAST_LEFT: usize = 5;

/// The longest line, in words, that may be a heading that is not known.
const HEADING: usize = 8;

/// The stretches of a job in plain form that are about the employer, what it offers (pay, benefits, equal opportunity)
/// and how to apply, by headings, and without them by how a sentence begins: in English, German, French, Spanish,
/// Italian and Dutch. In order and disjoint. Takes time linear in the text.
///
/// In doubt text stays. A section ends at the next heading, known or not, after its list, and at
/// the first sentence that asks for something or says what the work is; where the work is stays. Nothing is left out where hardly
/// anything else would be read.
pub(crate) fn employer(text: &str) -> Vec<Range<usize>> {
    let lines: Vec<JobLine<'_>> = job_lines(text).collect();
    let mut reader = Reader::default();
    for (at, line) in lines.iter().enumerate() {
        match line.kind {
            _ if line.text.trim().is_empty() => reader.blank = true,
            JobLineKind::Heading => reader.heading(line),
            JobLineKind::Point => reader.point(line),
            JobLineKind::Plain => reader.plain(line, &lines[at + 1..]),
        }
        if !line.text.trim().is_empty() {
            reader.before = line.text.trim_end();
            reader.blank = false;
        }
    }
    let found = joined(text, reader.found);
    let words = |text: &str| text.split_whitespace().count();
    let cut: usize = found.iter().map(|range| words(&text[range.clone()])).sum();
    let all = words(text);
    match (all - cut.min(all)) * LEAST_LEFT < all {
        true => Vec::new(),
        false => found,
    }
}

/// Reads line by line.
#[derive(Debug, Default)]
struct Reader<'t> {
    /// The section that is being left out.
    open: Option<JobSection>,
    /// The heading of the open section, before anything under it was left out.
    heading: Option<Range<usize>>,
    /// The last line that is not blank, and whether a blank one follows it.
    before: &'t str,
    blank: bool,
    found: Vec<Range<usize>>,
}

impl<'t> Reader<'t> {
    fn heading(&mut self, line: &JobLine<'t>) {
        self.close();
        if is_uncounted(line.section) {
            self.open = Some(line.section);
            self.heading = Some(line.at.clone());
        }
    }

    fn point(&mut self, line: &JobLine<'t>) {
        if let Some(section) = self.open {
            self.of_section(line.text, line.at.start, section);
        }
    }

    fn plain(&mut self, line: &JobLine<'t>, after: &[JobLine<'_>]) {
        if self.ends_points(line.text) || self.may_be_heading(line.text, after) {
            self.close();
        }
        if let Some(section) = self.open {
            return self.of_section(line.text, line.at.start, section);
        }
        if let Some((section, colon)) = labelled(line.text) {
            self.heading = Some(line.at.start..line.at.start + colon);
            self.open = Some(section);
            self.of_section(&line.text[colon..], line.at.start + colon, section);
            return self.close();
        }
        self.of_none(line);
    }

    fn close(&mut self) {
        self.open = None;
        self.heading = None;
    }

    /// Takes a line of an open section, up to the first sentence that asks.
    fn of_section(&mut self, line: &str, start: usize, section: JobSection) {
        for (at, said) in said(line) {
            if asks(&said, &line[at.clone()], section) {
                return self.close();
            }
            if !has(&said, PLACE) {
                self.found.extend(self.heading.take());
                self.found.push(start + at.start..start + at.end);
            }
        }
    }

    /// Takes the sentences of a line that say by themselves that they are about the offer or the application.
    fn of_none(&mut self, line: &JobLine<'t>) {
        let mut open = None;
        for (at, said) in said(line.text) {
            let offers = begins(&said, OFFERS) && !has(&said, WORK);
            let applies = begins(&said, APPLIES) || (begins(&said, APPLY) && has(&said, PAPERS));
            let about = offers || applies || has(&said, EQUAL);
            open = None;
            if about
                && !has(&said, PLACE)
                && !asks(&said, &line.text[at.clone()], JobSection::Offer)
            {
                let ends = line.text[at.clone()].trim_end().ends_with(':');
                open = (offers && ends).then_some(JobSection::Offer);
                self.found
                    .push(line.at.start + at.start..line.at.start + at.end);
            }
        }
        self.open = open;
    }

    /// Whether a line stands after a list and does not go on with its last point.
    fn ends_points(&self, line: &str) -> bool {
        let first = line.chars().find(|c| c.is_alphanumeric());
        let goes_on = line.starts_with([' ', '\t']) || first.is_none_or(char::is_lowercase);
        is_point(self.before) && (self.blank || !goes_on)
    }

    /// Whether a line under a heading may be a heading that is not known: short, not a sentence, apart from what stands
    /// before it, and over prose or a list; or it ends in a colon.
    fn may_be_heading(&self, line: &str, after: &[JobLine<'_>]) -> bool {
        let line = line.trim();
        if line.ends_with(':') {
            return true;
        }
        let short = line.split_whitespace().nth(HEADING).is_none();
        let lower = line.chars().find(|c| c.is_alphanumeric());
        if !short || line.ends_with(['.', ',', ';']) || lower.is_none_or(char::is_lowercase) {
            return false;
        }
        let apart =
            self.blank || self.before.ends_with(['.', '!', '?', ':']) || self.before.is_empty();
        let mut next = after.iter().filter(|line| !line.text.trim().is_empty());
        let over = next.next().is_some_and(|next| {
            let ends = next.text.trim_end().ends_with('.');
            next.kind == JobLineKind::Point || ends || is_prose(next.text)
        });
        apart && over
    }
}

fn is_uncounted(section: JobSection) -> bool {
    match section {
        JobSection::Employer | JobSection::Offer | JobSection::Application => true,
        JobSection::Required | JobSection::Wished | JobSection::Other | JobSection::Unknown => {
            false
        }
    }
}

/// The section that a line begins with a heading of ("About Acme: we sell"), and the byte after its colon.
fn labelled(line: &str) -> Option<(JobSection, usize)> {
    let (before, after) = line.split_once(':')?;
    let section = label(before)?;
    (!after.trim().is_empty()).then_some((section, before.len() + 1))
}

/// The sentences of a line: the bytes of each up to the next one, and its words in lower case with a space around each.
fn said(line: &str) -> Vec<(Range<usize>, String)> {
    let starts = sentences(line).filter_map(|(at, sentence)| {
        let blank = sentence.len() - sentence.trim_start().len();
        (blank < sentence.len()).then_some(at + blank)
    });
    let starts: Vec<usize> = starts.collect();
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    let ranges = starts.iter().copied().zip(ends).map(|(from, to)| from..to);
    let words = |at: &Range<usize>| format!(" {} ", lower_words(&line[at.clone()]).join(" "));
    ranges.map(|at| (at.clone(), words(&at))).collect()
}

/// Whether a sentence asks for something or says what the work is.
fn asks(said: &str, sentence: &str, section: JobSection) -> bool {
    let employer = section == JobSection::Employer;
    has(said, ASKS)
        || (employer && (has(said, ASKS_IN_EMPLOYER) || is_of_role(said)))
        || years_asked(sentence).is_some()
}

/// "As a nurse, ...", "Als Pflegekraft betreust du ..."
fn is_of_role(said: &str) -> bool {
    let german = || begins(said, &[" als "]) && has(said, &[" du ", " sie "]);
    begins(said, &[" as a ", " as an ", " as our "]) || german()
}

fn has(said: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| said.contains(phrase))
}

fn begins(said: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| said.starts_with(phrase))
}

/// Stretches with nothing but white space between them are one, and go to the next word.
fn joined(text: &str, found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for mut range in found {
        let rest = &text[range.end..];
        range.end += rest.len() - rest.trim_start().len();
        match joined.last_mut() {
            Some(last) if last.end >= range.start => last.end = range.end,
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> String {
        let mut left = text.to_owned();
        for range in employer(text).into_iter().rev() {
            left.replace_range(range, "");
        }
        left
    }

    const WORK: &str = "Your tasks\n- Build search\n- Talk with recruiters\n\nYour profile\n- Rust, or a language like it\n";

    #[test]
    fn sections_about_the_employer_are_left_out_up_to_the_next_heading() {
        for (text, expected) in [
            (
                format!(
                    "About us\nWe run a hiring platform. The position is based in Vienna.\n\n{WORK}"
                ),
                format!("The position is based in Vienna.\n\n{WORK}"),
            ),
            (
                format!("{WORK}\n## Benefits & perks\n\n- coffee\n- 28 days of leave\n"),
                format!("{WORK}\n"),
            ),
            (
                format!("{WORK}\nWas wir bieten:\nKaffee\nBewerbung\nSchreib an Anna.\n"),
                format!("{WORK}\n"),
            ),
            (
                format!(
                    "About Acme\nAcme sells hiring software to shops in many countries.\n{WORK}"
                ),
                WORK.to_owned(),
            ),
            (
                format!("About Acme: Acme sells hiring software to shops.\n{WORK}"),
                WORK.to_owned(),
            ),
            (
                format!("{WORK}\nWe offer a pension plan. Apply with a short letter."),
                format!("{WORK}\n"),
            ),
            (
                format!("{WORK}\nWe offer:\n- coffee\n- a pension plan\nThe team is small."),
                format!("{WORK}\nThe team is small."),
            ),
            (
                format!("{WORK}\nAcme is an equal opportunity employer."),
                format!("{WORK}\n"),
            ),
        ] {
            assert_eq!(left(&text), expected, "{text}");
        }
    }

    #[test]
    fn six_languages_are_read() {
        let tasks =
            "\n\nEntwicklung von Suchmaschinen mit Rust und Go in einem Team von sechs Leuten\n";
        for about in [
            "About us\nWe sell shoes.\nBenefits\nA canteen.\nHow to apply\nWrite to Ann.",
            "Über uns\nWir verkaufen Schuhe.\nWir bieten\nEine Kantine.\nKontakt\nAnna Muster",
            "Qui sommes-nous ?\nNous vendons des chaussures.\nNos avantages\nUne cantine.\nComment postuler\nÉcrivez à Anne.",
            "Quiénes somos\nVendemos zapatos.\nQué ofrecemos\nUn comedor.\nContacto\nAna",
            "Chi siamo\nVendiamo scarpe.\nCosa offriamo\nUna mensa.\nCome candidarsi\nScrivi ad Anna.",
            "Over ons\nWij verkopen schoenen.\nWat wij bieden\nEen kantine.\nSolliciteren\nSchrijf Anna.",
            "We offer a canteen. Please send your letter to Ann.",
            "Wir bieten eine Kantine. Bewerben Sie sich jetzt.",
            "Nous offrons une cantine. Envoyez votre lettre à Anne.",
            "Ofrecemos un comedor. Envíanos tu currículum.",
            "Offriamo una mensa. Inviaci il tuo curriculum.",
            "Wij bieden een kantine. Stuur je brief naar Anna.",
        ] {
            let text = format!("{}{about}", tasks.trim_start());
            assert_eq!(left(&text), tasks.trim_start(), "{about}");
        }
    }

    #[test]
    fn what_is_asked_and_what_the_work_is_stays() {
        for text in [
            // The section ends where the candidate is spoken of, or at a heading that is not known.
            "We are looking for a nurse who likes nights.",
            "As a nurse, you look after ten patients.",
            "You must have a driving licence.",
            "At least 3 years of experience are needed.",
            "Your mission\n- Care for ten patients\n- Write reports",
            "Das erwartet dich\n- Pflege von zehn Menschen",
            "What this is about:\nCare for ten patients at night.",
        ] {
            let about = "About us\nA hospital by the sea.\n\n";
            assert_eq!(left(&format!("{about}{text}")), text);
        }
        for text in [
            "We offer the opportunity to work on search engines in Rust.\n- Rust",
            "Requirements\n- We offer services: know them\n- Benefits administration\nContact centre experience\n- Apply machine learning",
            "Apply machine learning to search. Send newsletters to customers.",
            "About The Role\nYou will build search engines in Rust with a small team.",
            "Over 5 years of Java. Why Rust matters to you",
            "Working At Heights\nRust",
            "What Java offers, and why",
        ] {
            assert_eq!(left(text), text);
        }
    }

    #[test]
    fn nothing_is_left_out_where_hardly_anything_else_is_said() {
        let text = "Cook\n\nAbout us\nWe run a canteen by the sea, with forty tables and a garden.";
        assert_eq!(left(text), text);
        assert_eq!(left("We offer a canteen."), "We offer a canteen.");
        assert_eq!(left("About us"), "About us");
    }

    #[test]
    fn a_long_text_takes_linear_time() {
        for text in [
            "About us\nWe sell. ".repeat(20_000),
            "We offer: ".repeat(20_000),
            "About Acme\n\n\n".repeat(20_000),
            format!("About us\n{}", "Acme\n\n".repeat(20_000)),
            format!("About us\n{}", "we sell ".repeat(20_000)),
        ] {
            let _ = employer(&text);
        }
    }

    proptest::proptest! {
        #[test]
        fn stretches_lie_on_characters_in_order(
            text in "(About us|Über uns|We offer|Acme|Apply with a letter|- |é求|[a-zA .:;\n?]){0,40}"
        ) {
            let mut before = 0;
            for stretch in employer(&text) {
                proptest::prop_assert!(before <= stretch.start && stretch.start < stretch.end);
                proptest::prop_assert!(text.get(stretch.clone()).is_some());
                before = stretch.end;
            }
        }
    }
}
