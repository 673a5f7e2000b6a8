//! The words of pages, a table for each language: a label that one of them lacks does not compile.

use std::fmt;

use ranker_core::{Asked, Because, Demand, Note, Remark, Term, Uncounted, Verdict};

use super::escape::Escaped;
use crate::plain_words::{self, Language};

/// All that a page, a card or a contrast says of its own. Texts are markup: none of them is foreign.
pub(super) struct Labels {
    language: Language,
    /// The tag of the language (RFC 5646).
    pub(super) tag: &'static str,
    decimal: &'static str,

    pub(super) please_note: &'static str,
    pub(super) nobody: &'static str,
    pub(super) the_job: &'static str,
    pub(super) job_description: &'static str,
    /// Of how many candidates, scored by which model.
    pub(super) about: fn(usize, Escaped<'_>) -> String,
    pub(super) legend: &'static str,
    pub(super) not_explained: &'static str,

    pub(super) rests_on: &'static str,
    pub(super) lost: &'static str,
    pub(super) lost_title: &'static str,
    pub(super) bold_words: &'static str,
    pub(super) closest: &'static str,
    pub(super) none_close: &'static str,
    pub(super) job_asks: &'static str,
    pub(super) profile_says: &'static str,
    pub(super) alike: &'static str,
    pub(super) similarity: &'static str,

    pub(super) made_of: &'static str,
    pub(super) each_adds: &'static str,
    pub(super) feature: &'static str,
    pub(super) value: &'static str,
    pub(super) adds: &'static str,
    /// Where there is one, and where there are more.
    others: [&'static str; 2],
    pub(super) base: &'static str,
    pub(super) score: &'static str,

    pub(super) added: &'static str,
    pub(super) each_added: &'static str,
    pub(super) word: &'static str,
    pub(super) because: &'static str,
    pub(super) together: &'static str,

    pub(super) required: &'static str,
    pub(super) asked_and_had: &'static str,
    pub(super) requirement: &'static str,
    pub(super) demand: &'static str,
    pub(super) verdict: &'static str,
    pub(super) profile: &'static str,

    /// Why the one stands above the other.
    pub(super) why: fn(Escaped<'_>, Escaped<'_>) -> String,
    pub(super) both_made_of: &'static str,
    pub(super) difference: &'static str,
    pub(super) differ: &'static str,
    pub(super) none: &'static str,

    /// What [`Demand`] and [`Verdict`] are called, by case.
    pub(super) of_demand: fn(Demand) -> String,
    pub(super) of_verdict: fn(Verdict) -> String,
}

impl Labels {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }

    pub(super) fn language(&self) -> Language {
        self.language
    }

    /// A number with this language's decimal sign.
    pub(super) fn number(&self, number: impl fmt::Display) -> String {
        number.to_string().replace('.', self.decimal)
    }

    /// How many others there are.
    pub(super) fn others(&self, count: usize) -> String {
        format!("{count} {}", self.others[usize::from(count != 1)])
    }

    /// What is said in this language, or else in English.
    fn said(&self, said: Option<String>, english: impl fmt::Display) -> String {
        match said {
            Some(words) => Escaped(&words).to_string(),
            None => self.english(&english.to_string()),
        }
    }

    /// Why a verdict is as it is.
    pub(super) fn because(&self, reason: &Because) -> String {
        self.said(plain_words::because(reason, self.language), reason)
    }

    /// What a reader should know of a pair.
    pub(super) fn remark(&self, remark: &Remark) -> String {
        self.said(plain_words::remark(remark, self.language), remark)
    }

    /// Where an added word comes from, how much it weighs, and why it was added; its reason is the expander's text.
    pub(super) fn origin(&self, term: &Term) -> String {
        let origin = plain_words::origin(term.source(), term.weight(), self.language);
        match term.reason() {
            "" => origin,
            reason => format!("{origin}: {}", self.english(reason)),
        }
    }

    /// A text that exists in English alone, marked as such on a page in another language.
    pub(super) fn english(&self, text: &str) -> String {
        match (self.language, text) {
            (Language::English, _) | (_, "") => Escaped(text).to_string(),
            _ => format!("<span lang=\"en\">{}</span>", Escaped(text)),
        }
    }

    /// What a feature means beside what it is called: its description, which is English, or else its name.
    pub(super) fn description(&self, name: &str, description: &str) -> String {
        match (plain_words::feature(name, self.language), self.language) {
            (Some(_), Language::English) => format!("<bdi>{}</bdi>", Escaped(description)),
            (Some(_), _) => format!("<bdi>{}</bdi>", Escaped(name)),
            (None, _) => self.english(description),
        }
    }
}

/// What a built-in feature is called, and any other by its name, as the content of an element.
#[must_use]
pub fn feature(name: &str, language: Language) -> String {
    match plain_words::feature(name, language) {
        Some(words) => Escaped(&words).to_string(),
        None => format!("<bdi>{}</bdi>", Escaped(name)),
    }
}

/// What a requirement asks for, as the content of an element, in the words of the tables here.
#[must_use]
pub fn asked(asked: &Asked, language: Language) -> String {
    Escaped(&plain_words::asked(asked, language)).to_string()
}

/// What a reader should know of a ranking, as the content of an element. What exists in English alone is marked as such.
#[must_use]
pub fn note(note: &Note, language: Language) -> String {
    Labels::of(language).said(plain_words::note(note, language), note)
}

/// That so much of a text (a share in `0..=1`) does not count, and why, as the content of an element.
#[must_use]
pub fn uncounted(why: Uncounted, share: f32, language: Language) -> String {
    let [said, english] =
        [language, Language::English].map(|language| plain_words::uncounted(why, share, language));
    Labels::of(language).said(said, english.unwrap_or_default())
}

/// A verdict in a word or two, as a `<span>` that [`super::STYLE`] colours.
#[must_use]
pub fn verdict(verdict: Verdict, language: Language) -> String {
    let class = match verdict {
        Verdict::Met => "met",
        Verdict::Partly => "partly",
        Verdict::Missing | Verdict::Contradicted => "unmet",
        Verdict::NotSaid => "unsaid",
    };
    let word = (Labels::of(language).of_verdict)(verdict);
    format!("<span class=\"verdict {class}\">{word}</span>")
}

const ENGLISH: Labels = Labels {
    language: Language::English,
    tag: "en",
    decimal: ".",
    please_note: "Please note",
    nobody: "No candidates.",
    the_job: "The job",
    job_description: "job description",
    about: |count, model| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} candidate{plural}, scored by <bdi>{model}</bdi>")
    },
    legend: "A score is a base and what each feature adds (right of the line) or takes away (left):",
    not_explained: "This place was not explained.",
    rests_on: "Passages the score rests on",
    lost: "Lost without",
    lost_title: "similarity lost without it",
    bold_words: "Coloured: the passages that the score rests on. Bold: the single words that it rests on most.",
    closest: "Closest passages",
    none_close: "No passage stands out as close to what the job asks.",
    job_asks: "The job asks",
    profile_says: "The profile says",
    alike: "Alike",
    similarity: "similarity",
    made_of: "What the score is made of",
    each_adds: "What each feature adds",
    feature: "Feature",
    value: "Value",
    adds: "Adds",
    others: ["other", "others"],
    base: "Base",
    score: "Score",
    added: "Words that were added to the job",
    each_added: "What each added word gives of the score above",
    word: "Word",
    because: "Because",
    together: "Together",
    required: "What is required",
    asked_and_had: "What the job asks, and what the profile has of it",
    requirement: "Requirement",
    demand: "Demand",
    verdict: "Verdict",
    profile: "Profile",
    why: |above, below| format!("Why <bdi>{above}</bdi> stands above <bdi>{below}</bdi>"),
    both_made_of: "What the scores are made of",
    difference: "Difference",
    differ: "Requirements on which they differ",
    none: "none",
    of_demand: |demand| demand.to_string(),
    of_verdict: |verdict| verdict.to_string(),
};

const GERMAN: Labels = Labels {
    language: Language::German,
    tag: "de",
    decimal: ",",
    please_note: "Bitte beachten",
    nobody: "Keine Profile.",
    the_job: "Die Stelle",
    job_description: "Stellenbeschreibung",
    about: |count, model| {
        let noun = if count == 1 { "Profil" } else { "Profile" };
        format!("{count} {noun}, bewertet von <bdi>{model}</bdi>")
    },
    legend: "Ein Wert besteht aus einem Grundwert und dem, was jedes Merkmal hinzufügt (rechts der Linie) oder abzieht (links):",
    not_explained: "Dieser Platz wurde nicht erklärt.",
    rests_on: "Stellen, auf denen der Wert beruht",
    lost: "Verlust ohne sie",
    lost_title: "verlorene Ähnlichkeit ohne diese Stelle",
    bold_words: "Farbig: die Stellen, auf denen der Wert beruht. Fett: die einzelnen Wörter, auf denen er am meisten beruht.",
    closest: "Ähnlichste Stellen",
    none_close: "Keine Stelle kommt dem, was verlangt wird, besonders nahe.",
    job_asks: "Verlangt wird",
    profile_says: "Im Profil steht",
    alike: "Nähe",
    similarity: "Ähnlichkeit",
    made_of: "Woraus sich der Wert zusammensetzt",
    each_adds: "Was jedes Merkmal beiträgt",
    feature: "Merkmal",
    value: "Ausprägung",
    adds: "Beitrag",
    others: ["weiteres", "weitere"],
    base: "Grundwert",
    score: "Wert",
    added: "Wörter, die der Stelle hinzugefügt wurden",
    each_added: "Was jedes hinzugefügte Wort zum obigen Wert beiträgt",
    word: "Wort",
    because: "Grund",
    together: "Zusammen",
    required: "Was verlangt wird",
    asked_and_had: "Was die Stelle verlangt und was das Profil davon hat",
    requirement: "Anforderung",
    demand: "Gewicht",
    verdict: "Urteil",
    profile: "Profil",
    why: |above, below| format!("Warum <bdi>{above}</bdi> vor <bdi>{below}</bdi> steht"),
    both_made_of: "Woraus sich die Werte zusammensetzen",
    difference: "Unterschied",
    differ: "Anforderungen, in denen sie sich unterscheiden",
    none: "keine",
    of_demand: |demand| {
        let word = match demand {
            Demand::Required => "verlangt",
            Demand::Preferred => "erwünscht",
            Demand::Excluded => "ausgeschlossen",
        };
        word.to_owned()
    },
    of_verdict: |verdict| {
        let word = match verdict {
            Verdict::Met => "erfüllt",
            Verdict::Partly => "teilweise erfüllt",
            Verdict::Missing => "fehlt",
            Verdict::Contradicted => "widerlegt",
            Verdict::NotSaid => "nicht genannt",
        };
        word.to_owned()
    },
};
