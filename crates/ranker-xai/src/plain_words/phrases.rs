//! What is said in few words beside verdicts and numbers. `None` for words that exist in one language alone: those of a
//! team's own assessor or feature, or of a later version of the core.

use ranker_core::{Because, Fact, Note, Remark, TermSource, Uncounted};

use super::grammar::Grammar;
use super::{Language, names};
use crate::render::text::Line;

impl Grammar<'_> {
    /// Why a verdict is as it is.
    pub(super) fn because(&self, because: &Because) -> Option<String> {
        if self.language == Language::English {
            return Some(match because {
                Because::Degrees(degrees) => format!("has {}", self.degrees(degrees)),
                Because::Speaks(languages) => format!("speaks {}", self.languages(languages)),
                Because::WrittenIn(language) => {
                    format!("is written in {}", names::language(language, self.language))
                }
                other => other.to_string(),
            });
        }
        Some(match because {
            Because::Words(words) => return words.is_empty().then(String::new),
            Because::Years(years) => format!("hat {}", self.number_of_years(*years)),
            Because::YearsElsewhere(years) => format!(
                "hat {}, aber unter keiner ähnlichen Berufsbezeichnung",
                self.number_of_years(*years)
            ),
            Because::YearsPartly { years, alike } => format!(
                "hat {}, davon {} unter ähnlichen Berufsbezeichnungen",
                self.number_of_years(*years),
                self.plain(*alike)
            ),
            Because::Names(what) => format!("nennt {what}"),
            Because::Has(what) => format!("hat {what}"),
            Because::Denies(what) => format!("verneint {what}"),
            Because::OtherSkills => "führt andere Fähigkeiten auf".to_owned(),
            Because::Degrees(degrees) => format!("vorhanden: {}", self.degrees(degrees)),
            Because::Speaks(languages) => format!("spricht {}", self.languages(languages)),
            Because::WrittenIn(language) => format!(
                "ist auf {} verfasst",
                names::language(language, self.language)
            ),
            _ => return None,
        })
    }

    fn degrees(&self, degrees: &[String]) -> String {
        let named = degrees.iter().map(|one| names::degree(one, self.language));
        named.collect::<Vec<_>>().join(", ")
    }

    fn languages(&self, languages: &[String]) -> String {
        let named = languages
            .iter()
            .map(|one| names::language(one, self.language));
        named.collect::<Vec<_>>().join(", ")
    }

    /// What a reader should know of a pair.
    pub(super) fn remark(&self, remark: &Remark) -> Option<String> {
        if self.language == Language::English {
            return Some(remark.to_string());
        }
        Some(match remark {
            Remark::Years { asked, had } => {
                let asked = self.number_of_years(*asked);
                match had {
                    Some(had) => format!("verlangt: {asked}, vorhanden: {}", self.plain(*had)),
                    None => {
                        format!("verlangt: {asked}; wie viele das Profil hat, ist nicht bekannt")
                    }
                }
            }
            Remark::Lacks(skills) => format!("es fehlt: {}", skills.join(", ")),
            _ => return None,
        })
    }

    /// What a reader should know of a ranking.
    pub(super) fn note(&self, note: &Note) -> Option<String> {
        if self.language == Language::English {
            return Some(note.to_string());
        }
        Some(match note {
            Note::JobCut { tokens, used } => format!(
                "die Stellenbeschreibung hat {tokens} Token; der Encoder hat {used} davon gelesen"
            ),
            Note::FilteredHere {
                fetched,
                passed,
                may_miss,
            } => {
                let more = match may_miss {
                    true => "; es kann weitere geben",
                    false => "",
                };
                format!(
                    "die Suche kann nicht filtern: {fetched} geholt, {passed} davon passend{more}"
                )
            }
            Note::UnknownProfiles { ids } => {
                format!(
                    "{} Treffer ausgelassen: zu ihnen fehlt das Profil",
                    ids.len()
                )
            }
            Note::TokensEncoded { candidates } => format!(
                "der Encoder hat {candidates} Profile gelesen, deren Tokenvektoren nicht vorliegen"
            ),
            Note::ExpansionTooSlow { limit } => format!(
                "die Anfrage wurde nicht erweitert: das hätte länger als {} ms gedauert",
                limit.as_millis()
            ),
            Note::NotCounted { id, why, percent } => format!(
                "nicht gezählt: {percent} % des Texts von {} ({})",
                Line(id.as_str()),
                german(*why)?
            ),
            Note::JobNotCounted { why, percent } => format!(
                "nicht gezählt: {percent} % des Texts der Stelle ({})",
                german(*why)?
            ),
            Note::OtherLanguage { id, language, job } => {
                let [language, job] = [language, job]
                    .map(|one| names::language(&one.to_string().to_lowercase(), self.language));
                format!(
                    "der Text von {} ist auf {language}, der der Stelle auf {job}: die Wörter stimmen nicht überein, und ein \
                     Encoder für nur eine Sprache vergleicht beide schlecht",
                    Line(id.as_str())
                )
            }
            _ => return None,
        })
    }

    /// How much of a text does not count, and why.
    pub(super) fn uncounted(&self, why: Uncounted, share: f32) -> Option<String> {
        let percent = share * 100.0;
        Some(match self.language {
            Language::English => format!("{percent:.0} % of the text {why} and does not count"),
            Language::German => {
                format!("nicht gezählt: {percent:.0} % des Texts ({})", german(why)?)
            }
        })
    }

    /// Where a word comes from that was added to a job, and how much it weighs.
    pub(super) fn origin(&self, source: TermSource, weight: f32) -> String {
        let weight = self.fixed(weight.into());
        let german = match source {
            TermSource::Acronym => "Abkürzung",
            TermSource::Occupation => "Beruf",
            TermSource::Skill => "Fähigkeit",
            TermSource::Synonym => "Synonym",
            TermSource::WordVectors => "Wortvektoren",
            TermSource::Feedback => "Rückmeldung",
            TermSource::HypotheticalResume => "erdachter Lebenslauf",
            TermSource::SubQuestion => "Teilfrage",
            _ => "andere Quelle",
        };
        match self.language {
            Language::English => format!("{source}, weight {weight}"),
            Language::German => format!("{german}, Gewicht {weight}"),
        }
    }

    /// What a fact is called.
    pub(super) fn fact_name(&self, name: &str) -> String {
        let known = names::fact(name, self.language);
        known.map_or_else(|| name.replace('_', " "), str::to_owned)
    }

    /// What a fact of this name is.
    pub(super) fn fact(&self, name: &str, fact: &Fact) -> String {
        if self.language == Language::English {
            return fact.to_string();
        }
        let word = |word: &str| match name {
            "languages" => names::language(word, self.language),
            "education" => names::degree(word, self.language),
            "seniority" => names::seniority(word).to_owned(),
            _ => word.to_owned(),
        };
        match fact {
            Fact::Number(number) => self.plain(*number),
            Fact::Flag(true) => "ja".to_owned(),
            Fact::Flag(false) => "nein".to_owned(),
            _ => fact.words().map(word).collect::<Vec<_>>().join(", "),
        }
    }

    fn number_of_years(&self, years: f64) -> String {
        let unit = match years == 1.0 {
            true => self.say("year", "Jahr"),
            false => self.say("years", "Jahre"),
        };
        format!("{} {unit}", self.plain(years))
    }
}

/// Why words do not count, as it stands in brackets behind how many there are.
fn german(why: Uncounted) -> Option<&'static str> {
    Some(match why {
        Uncounted::Negated => "verneint etwas",
        Uncounted::Repeated => "schon zweimal gesagt",
        Uncounted::Copied => "aus der Stelle abgeschrieben",
        Uncounted::Personal => "Angaben zur Person",
        Uncounted::Employer => "über den Arbeitgeber, sein Angebot oder die Bewerbung",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use ranker_core::{CandidateId, Language as Tongue};

    use super::*;

    fn grammar<T>(language: Language, say: impl FnOnce(&Grammar<'_>) -> T) -> T {
        let (features, people) = (&BTreeMap::new(), &BTreeMap::new());
        say(&Grammar {
            language,
            features,
            people,
        })
    }

    /// What of the words of the English occurs in the German beside names.
    fn in_both<T>(all: &[T], say: impl Fn(&Grammar<'_>, &T) -> Option<String>) -> Vec<String> {
        let words = |language, one: &T| {
            let said = grammar(language, |grammar| say(grammar, one));
            let said = said.expect("words in both languages");
            let words = said.split(|c: char| !c.is_alphabetic());
            words.map(str::to_lowercase).collect::<Vec<_>>()
        };
        // Names, and words that both languages have.
        let apart = |word: &String| ["", "rust", "p", "text", "encoder", "ms"].contains(&&**word);
        let both = all.iter().flat_map(|one| {
            let german = words(Language::German, one);
            let english = words(Language::English, one).into_iter();
            english.filter(move |word| german.contains(word) && !apart(word))
        });
        both.collect()
    }

    #[test]
    fn reasons_and_remarks_have_both_languages() {
        let rust = || "Rust".to_owned();
        let of = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let reasons = [
            Because::Years(1.0),
            Because::YearsElsewhere(7.0),
            Because::YearsPartly {
                years: 12.5,
                alike: 2.0,
            },
            Because::Names(rust()),
            Because::Has(rust()),
            Because::Denies(rust()),
            Because::OtherSkills,
            Because::Degrees(of(&["bachelor", "master"])),
            Because::Speaks(of(&["french", "german"])),
            Because::WrittenIn("english".to_owned()),
        ];
        assert_eq!(
            in_both(&reasons, |grammar, one| grammar.because(one)),
            [""; 0],
            "a reason is in English"
        );
        let said = |reason: &Because| {
            grammar(Language::German, |grammar| grammar.because(reason)).unwrap()
        };
        assert_eq!(said(&reasons[0]), "hat 1 Jahr");
        assert_eq!(
            said(&reasons[2]),
            "hat 12,5 Jahre, davon 2 unter ähnlichen Berufsbezeichnungen"
        );
        assert_eq!(
            said(&reasons[7]),
            "vorhanden: Bachelorabschluss, Masterabschluss"
        );
        assert_eq!(said(&reasons[8]), "spricht Französisch, Deutsch");
        assert_eq!(said(&Because::default()), "");
        let own = Because::from("has seen the sea");
        let own = grammar(Language::German, |grammar| grammar.because(&own));
        assert_eq!(own, None, "nobody translates an assessor's own words");

        let had = Some(1.0);
        let remarks = [
            Remark::Years { asked: 10.0, had },
            Remark::Years {
                asked: 1.0,
                had: None,
            },
            Remark::Lacks(vec![rust()]),
        ];
        assert_eq!(
            in_both(&remarks, |grammar, one| grammar.remark(one)),
            [""; 0]
        );
    }

    #[test]
    fn notes_have_both_languages() {
        let id = || CandidateId::new("p").unwrap();
        let mut notes = vec![
            Note::JobCut {
                tokens: 300,
                used: 256,
            },
            Note::FilteredHere {
                fetched: 9,
                passed: 3,
                may_miss: true,
            },
            Note::UnknownProfiles { ids: vec![id()] },
            Note::TokensEncoded { candidates: 3 },
            Note::ExpansionTooSlow {
                limit: Duration::from_millis(20),
            },
            Note::OtherLanguage {
                id: id(),
                language: Tongue::German,
                job: Tongue::English,
            },
        ];
        let whys = [
            Uncounted::Negated,
            Uncounted::Repeated,
            Uncounted::Copied,
            Uncounted::Personal,
            Uncounted::Employer,
        ];
        for why in whys {
            let (id, percent) = (id(), 12);
            notes.push(Note::NotCounted { id, why, percent });
            notes.push(Note::JobNotCounted { why, percent });
        }
        assert_eq!(in_both(&notes, |grammar, one| grammar.note(one)), [""; 0]);
        let share = |grammar: &Grammar<'_>, why: &Uncounted| grammar.uncounted(*why, 0.12);
        assert_eq!(in_both(&whys, share), [""; 0]);
    }

    #[test]
    fn facts_are_called_by_names() {
        let said = |name, fact| {
            grammar(Language::German, |grammar| {
                (grammar.fact_name(name), grammar.fact(name, &fact))
            })
        };
        let pair = |name: &str, fact: &str| (name.to_owned(), fact.to_owned());
        for (name, fact, expected) in [
            (
                "languages",
                Fact::keywords(["french", "german"]),
                pair("Sprachen", "Französisch, Deutsch"),
            ),
            (
                "years_experience",
                Fact::Number(2.5),
                pair("Berufsjahre", "2,5"),
            ),
            (
                "remote",
                Fact::flag(true),
                pair("Arbeit von zu Hause", "ja"),
            ),
            (
                "education",
                Fact::keyword("master"),
                pair("Abschluss", "Masterabschluss"),
            ),
            (
                "seniority",
                Fact::keyword("senior"),
                pair("Stufe", "senior"),
            ),
            ("shift_work", Fact::flag(false), pair("shift work", "nein")),
        ] {
            assert_eq!(said(name, fact), expected);
        }
    }
}
