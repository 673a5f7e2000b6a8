//! What a query asks for, prepared once, and what a profile has of it.

use std::collections::{BTreeSet, HashMap, HashSet};

use ranker_core::{
    CosineBaseline, Expansion, Fact, Filter, JobDescription, Profile, Query, Remark, Term, Trade,
    trade_of, years_asked,
};

use super::words::Words;
use super::{FactNames, seniority, title};

/// The longest phrase, in words, that skills and expansion terms are looked for as.
const LONGEST_PHRASE: usize = 6;

/// How many skills found give half of the feature's range.
const HALF_OF_SKILLS: f32 = 3.0;

/// How many years above or below what is asked give the feature's bounds.
const YEARS_RANGE: f64 = 10.0;

/// How many words of a title, or of the first line of a profile without one, are read.
const TITLE_WORDS: usize = 20;

/// Words that say nothing of what a job is.
const EMPTY_WORDS: [&str; 13] = [
    "a", "an", "and", "at", "for", "from", "in", "of", "on", "or", "the", "to", "with",
];

/// What a query asks for.
pub(super) struct PreparedQuery<'q> {
    facts: &'q FactNames,
    called: &'q str,
    title: HashSet<String>,
    trade: Option<Trade>,
    phrases: HashSet<&'q str>,
    required: BTreeSet<&'q str>,
    years: Option<f64>,
    terms: Terms,
    baseline: CosineBaseline,
}

impl<'q> PreparedQuery<'q> {
    /// `job` is the words of the query's whole job.
    pub(super) fn new(query: &'q Query, job: &'q Words, facts: &'q FactNames) -> Self {
        Self {
            facts,
            called: title::title(query.job()),
            title: title_words(title::title(query.job())),
            trade: trade_of(title::title(query.job())),
            phrases: job.phrases(LONGEST_PHRASE),
            required: required(query.job().filter(), &facts.skills),
            years: years_asked_by(query.job(), &facts.years_experience),
            terms: Terms::new(query.expansion()),
            baseline: query.baseline(),
        }
    }

    pub(super) fn baseline(&self) -> CosineBaseline {
        self.baseline
    }

    /// The words that both titles have, as a share of those of both (Dice, Measures of the amount of ecologic association
    /// between species, 1945): a title that says more than the other is further from it.
    pub(super) fn title_overlap(&self, headline: &str) -> f32 {
        let held = title_words(headline);
        let shared = self.title.iter().filter(|word| held.contains(*word));
        let all = self.title.len() + held.len();
        (2 * shared.count()) as f32 / all.max(1) as f32
    }

    /// Whether the profile's title names the job's trade; 0 where the job's title names none.
    pub(super) fn trade(&self, headline: &str) -> f32 {
        let same = self.trade.is_some() && self.trade == trade_of(headline);
        f32::from(u8::from(same))
    }

    pub(super) fn skills_found(&self, profile: &Profile) -> f32 {
        let skills = profile.facts().get(&self.facts.skills);
        let skills = skills.into_iter().flat_map(Fact::words).map(Words::of);
        // "Database" and "databases" are one skill.
        let found: HashSet<String> = skills
            .filter(|skill| self.phrases.contains(skill.as_str()))
            .map(|skill| skill.as_str().to_owned())
            .collect();
        let found = found.len() as f32;
        found / (found + HALF_OF_SKILLS)
    }

    /// Of the skills that the job's filter names, the share that the candidate's facts lack.
    pub(super) fn skills_missing(&self, profile: &Profile) -> f32 {
        if self.required.is_empty() {
            return 0.0;
        }
        let skills = profile.facts().get(&self.facts.skills);
        let held: HashSet<_> = skills.into_iter().flat_map(Fact::keys).collect();
        let missing = self.required.iter().filter(|skill| !held.contains(**skill));
        missing.count() as f32 / self.required.len() as f32
    }

    /// Whether the job names where the candidate is; a half where that is not known.
    pub(super) fn location(&self, profile: &Profile) -> f32 {
        let Some(location) = profile.facts().get(&self.facts.location) else {
            return 0.5;
        };
        let named = |place: &str| self.phrases.contains(Words::of(place).as_str());
        if location.words().any(named) {
            1.0
        } else {
            0.0
        }
    }

    /// Whether the candidate has the years asked for; a half where either is unknown.
    pub(super) fn years_met(&self, profile: &Profile) -> f32 {
        match self.years_beyond(profile) {
            Some(beyond) => f32::from(u8::from(beyond >= 0.0)),
            None => 0.5,
        }
    }

    /// The years beyond those asked for, in tens; 0 where either is unknown.
    pub(super) fn years_over(&self, profile: &Profile) -> f32 {
        let beyond = self.years_beyond(profile).unwrap_or(0.0);
        (beyond / YEARS_RANGE).clamp(-1.0, 1.0) as f32
    }

    fn years_beyond(&self, profile: &Profile) -> Option<f64> {
        let fact = profile.facts().get(&self.facts.years_experience);
        Some(fact.and_then(Fact::number)? - self.years?)
    }

    /// The levels by which the profile's title is above the job's, over five.
    pub(super) fn seniority(&self, headline: &str) -> f32 {
        seniority::gap(self.called, headline)
    }

    /// The share, by weight, of the expansion terms that the profile names.
    pub(super) fn expansion(&self, profile: &Profile) -> f32 {
        self.terms.share_in(profile)
    }
}

/// The years that a job asks for: those in its text, else the least that its filter lets pass.
fn years_asked_by(job: &JobDescription, fact: &str) -> Option<f64> {
    let in_text = years_asked(&job.full_text()).map(|asked| asked.years);
    in_text.or_else(|| least(job.filter(), fact))
}

/// The least number of a fact that passes a filter, where the filter has such a bound.
fn least(filter: &Filter, name: &str) -> Option<f64> {
    match filter {
        Filter::Range { fact, min, .. } => (fact == name && min.is_finite()).then_some(*min),
        Filter::And(filters) => {
            let bounds = filters.iter().filter_map(|filter| least(filter, name));
            bounds.reduce(f64::max)
        }
        _ => None,
    }
}

/// What the numbers of a pair stand for: the years and skills that are asked and had.
pub(super) fn remarks(query: &Query, profile: &Profile, facts: &FactNames) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if let Some(asked) = years_asked_by(query.job(), &facts.years_experience) {
        let had = profile.facts().get(&facts.years_experience);
        let had = had.and_then(Fact::number);
        remarks.push(Remark::Years { asked, had });
    }
    let required = required(query.job().filter(), &facts.skills);
    let skills = profile.facts().get(&facts.skills);
    let held: HashSet<_> = skills.into_iter().flat_map(Fact::keys).collect();
    let missing = required.into_iter().filter(|skill| !held.contains(*skill));
    let missing: Vec<String> = missing.map(str::to_owned).collect();
    if !missing.is_empty() {
        remarks.push(Remark::Lacks(missing));
    }
    remarks
}

/// The first words of the profile's title; without one, of its first line.
pub(super) fn headline(profile: &Profile) -> String {
    let line = match profile.plain_title() {
        "" => profile.plain_text().trim_start().lines().next(),
        title => Some(title),
    };
    let words = line.unwrap_or_default().split_whitespace();
    words.take(TITLE_WORDS).collect::<Vec<_>>().join(" ")
}

/// The words of a fact that a filter asks for.
fn required<'f>(filter: &'f Filter, name: &str) -> BTreeSet<&'f str> {
    match filter {
        Filter::AnyOf { fact, words } | Filter::AllOf { fact, words } if fact == name => {
            words.iter().map(String::as_str).collect()
        }
        Filter::And(filters) | Filter::Or(filters) => {
            let each = filters.iter().flat_map(|filter| required(filter, name));
            each.collect()
        }
        _ => BTreeSet::new(),
    }
}

/// The words of a text that say something of a job.
pub(super) fn content_words(text: &str) -> HashSet<String> {
    let words = Words::of(text);
    let content = words.iter().filter(|word| !EMPTY_WORDS.contains(word));
    content.map(str::to_owned).collect()
}

/// The words of a title that say what somebody does. A word of seniority ("Senior Nurse") is none, unless it is what the
/// title calls somebody ("Bar Staff", "School Principal").
fn title_words(title: &str) -> HashSet<String> {
    let mut words = content_words(title);
    let called = title.split([',', '(', '|', ';']).next().unwrap_or_default();
    let called = Words::of(called);
    let last = called.iter().last();
    words.retain(|word| !seniority::is_grade(word) || Some(word.as_str()) == last);
    words
}

/// The terms of a query's expansion that a profile names, in the order of the expansion: those that the feature `expansion` is
/// the share of, by weight.
#[must_use]
pub fn named_expansion_terms<'q>(query: &'q Query, profile: &Profile) -> Vec<&'q Term> {
    if query.expansion().is_empty() {
        return Vec::new();
    }
    let words = Words::of(&profile.full_text());
    let found = Terms::new(query.expansion()).found(&words);
    let terms = query.expansion().terms().iter();
    let is_named = |term: &&Term| {
        found
            .binary_search(&Words::of(term.text()).as_str())
            .is_ok()
    };
    terms.filter(is_named).collect()
}

/// The expansion terms of a query, by their words.
struct Terms {
    weights: HashMap<String, f32>,
    /// The words that terms begin with: most words of a profile need no further look.
    firsts: HashSet<String>,
    total: f32,
}

impl Terms {
    fn new(expansion: &Expansion) -> Self {
        let mut weights = HashMap::new();
        let mut firsts = HashSet::new();
        let mut total = 0.0;
        for term in expansion.terms() {
            let words = Words::of(term.text());
            let Some(first) = words
                .iter()
                .next()
                .filter(|_| words.len() <= LONGEST_PHRASE)
            else {
                continue;
            };
            firsts.insert(first.to_owned());
            *weights.entry(words.as_str().to_owned()).or_insert(0.0) += term.weight();
            total += term.weight();
        }
        Self {
            weights,
            firsts,
            total,
        }
    }

    /// The share, by weight, of the terms that a profile names.
    fn share_in(&self, profile: &Profile) -> f32 {
        if self.weights.is_empty() {
            return 0.0;
        }
        let words = Words::of(&profile.full_text());
        let found = self.found(&words);
        let weight: f32 = found.iter().map(|phrase| self.weights[*phrase]).sum();
        (weight / self.total).clamp(0.0, 1.0)
    }

    /// The terms that a text names, in the order of their letters.
    fn found<'w>(&self, words: &'w Words) -> Vec<&'w str> {
        let mut found: HashSet<&str> = HashSet::new();
        for (at, word) in words.iter().enumerate() {
            if !self.firsts.contains(word) {
                continue;
            }
            let named = words.phrases_at(at, LONGEST_PHRASE);
            found.extend(named.filter(|phrase| self.weights.contains_key(*phrase)));
        }
        // An order which is the same for every run.
        let mut found: Vec<&str> = found.into_iter().collect();
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use ranker_core::{JobDescription, TermSource};

    use super::*;

    fn profile(text: &str) -> Profile {
        Profile::new("p", text).unwrap()
    }

    fn with_asked<T>(query: &Query, check: impl FnOnce(&PreparedQuery<'_>) -> T) -> T {
        let job = Words::of(&query.job().full_text());
        check(&PreparedQuery::new(query, &job, &FactNames::default()))
    }

    fn query(title: &str, text: &str) -> Query {
        Query::new(JobDescription::new(text).unwrap().with_title(title))
    }

    #[test]
    fn titles_overlap_by_their_content_words() {
        let query = query("Head of Software Engineering", "text");
        with_asked(&query, |asked| {
            let overlap = |profile: &Profile| asked.title_overlap(&headline(profile));
            let titled = |title: &str| profile("head").with_title(title);
            assert_eq!(overlap(&titled("Software engineer")), 1.0);
            assert_eq!(overlap(&titled("Head of marketing")), 0.0);
            assert_eq!(overlap(&titled("Engineers, head of software")), 1.0);
            assert_eq!(overlap(&titled("Software engineer and tester")), 4.0 / 5.0);
            assert_eq!(overlap(&titled("of")), 0.0);
            assert_eq!(overlap(&profile("\n Software\nengineer head")), 2.0 / 3.0);
            let words: String = (0..20).map(|i| format!("w{i} ")).collect();
            let long = format!("{words}software");
            assert_eq!(
                overlap(&profile(&long)),
                0.0,
                "the first line is not a whole text"
            );
        });
        with_asked(&self::query("Principal", "text"), |asked| {
            let titled =
                |title: &str| asked.title_overlap(&headline(&profile("text").with_title(title)));
            assert_eq!(titled("School Principal"), 2.0 / 3.0);
            assert_eq!(titled("Principal engineer"), 0.0);
        });
        with_asked(&self::query("", &"text ".repeat(13)), |asked| {
            assert_eq!(asked.title_overlap(&headline(&profile("text"))), 0.0);
        });
    }

    #[test]
    fn titles_are_of_one_trade_or_not() {
        let trade = |asked: &str, held: &str| {
            let held = profile("text").with_title(held);
            with_asked(&query(asked, "text"), |asked| asked.trade(&headline(&held)))
        };
        assert_eq!(trade("Search Engineer", "Senior Backend Developer"), 1.0);
        assert_eq!(trade("Search Engineer", "Search Engine Consultant"), 0.0);
        assert_eq!(trade("Manager", "Manager"), 0.0, "no noun of one trade");
    }

    #[test]
    fn skills_are_found_as_whole_phrases() {
        let query = query(
            "",
            "C++ and Go, distributed systems; R is a plus. Databases!",
        );
        let found = |skills: &[&str]| {
            let profile = profile("text").with_fact("skills", Fact::keywords(skills));
            with_asked(&query, |asked| asked.skills_found(&profile.unwrap()))
        };
        assert_eq!(found(&[]), 0.0);
        assert_eq!(found(&["c", "java", "good", "system design", "!!"]), 0.0);
        assert_eq!(found(&["c++"]), 0.25);
        assert_eq!(found(&["distributed system", "go", "r"]), 0.5);
        assert_eq!(
            found(&["database", "databases"]),
            0.25,
            "one skill in two forms"
        );
        let number = profile("text")
            .with_fact("skills", Fact::integer(3))
            .unwrap();
        assert_eq!(with_asked(&query, |asked| asked.skills_found(&number)), 0.0);
    }

    #[test]
    fn skills_that_the_filter_names_may_be_missing() {
        let filter = Filter::any_of("skills", ["Rust", "SQL"])
            .and(Filter::all_of("skills", ["go"]))
            .and(Filter::any_of("languages", ["english"]));
        let job = JobDescription::new("text").unwrap().with_filter(filter);
        let query = Query::new(job);
        let missing = |skills: &[&str]| {
            let profile = profile("text").with_fact("skills", Fact::keywords(skills));
            with_asked(&query, |asked| asked.skills_missing(&profile.unwrap()))
        };
        assert_eq!(missing(&["rust", "sql", "go", "c"]), 0.0);
        assert_eq!(missing(&["go"]), 2.0 / 3.0);
        assert_eq!(
            with_asked(&query, |asked| asked.skills_missing(&profile("text"))),
            1.0
        );
    }

    #[test]
    fn a_location_is_named_or_not_or_unknown() {
        let query = query("", "A nurse in New York");
        let location = |place: &str| {
            let profile = profile("text").with_fact("location", Fact::keyword(place));
            with_asked(&query, |asked| asked.location(&profile.unwrap()))
        };
        assert_eq!((location("new york"), location("York")), (1.0, 1.0));
        assert_eq!(location("Boston"), 0.0);
        assert_eq!(
            with_asked(&query, |asked| asked.location(&profile("text"))),
            0.5
        );
    }

    #[test]
    fn years_are_met_or_not_or_unknown() {
        let years = |text: &str, years: Option<f64>| {
            let mut profile = profile("text");
            if let Some(years) = years {
                profile = profile
                    .with_fact("years_experience", Fact::Number(years))
                    .unwrap();
            }
            with_asked(&query("", text), |asked| {
                (asked.years_met(&profile), asked.years_over(&profile))
            })
        };
        assert_eq!(years("5+ years", Some(5.0)), (1.0, 0.0));
        assert_eq!(years("5+ years", Some(3.0)), (0.0, -0.2));
        assert_eq!(years("5+ years", Some(1e300)), (1.0, 1.0));
        assert_eq!(years("5+ years", Some(-f64::MAX)), (0.0, -1.0));
        assert_eq!(years("5+ years", None), (0.5, 0.0));
        assert_eq!(years("some", Some(3.0)), (0.5, 0.0));
    }

    #[test]
    fn remarks_tell_what_is_asked_and_had() {
        let filter = Filter::all_of("skills", ["Rust", "Go"]);
        let job = JobDescription::new("At least 10 years of experience").unwrap();
        let query = Query::new(job.with_filter(filter));
        let one = profile("text").with_fact("years_experience", Fact::integer(1));
        let one = one.unwrap().with_fact("skills", Fact::keywords(["rust"]));
        let facts = FactNames::default();
        let told = |profile: &Profile| {
            let remarks = remarks(&query, profile, &facts).into_iter();
            remarks.map(|one| one.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            told(&one.unwrap()),
            ["asks 10 years, has 1", "lacks golang"]
        );
        assert_eq!(
            told(&profile("text"))[0],
            "asks 10 years; how many the profile has is not known"
        );
        assert!(remarks(&self::query("", "text"), &profile("text"), &facts).is_empty());
    }

    #[test]
    fn expansion_counts_by_weight() {
        let term = |text: &str, weight| Term::new(text, weight, TermSource::Skill, "test").unwrap();
        let terms = vec![
            term("natural language processing", 0.6),
            term("NLP", 0.2),
            term("***", 0.1),
        ];
        let asked = Query::new(JobDescription::new("x").unwrap());
        let asked = asked.with_expansion(Expansion::new(terms.clone()));
        let named = named_expansion_terms(&asked, &profile("an NLP *** project"));
        assert_eq!(named, [&terms[1]]);
        let terms = Terms::new(&Expansion::new(terms));
        let share = |text: &str| terms.share_in(&profile(text));
        assert_eq!(share("natural language models"), 0.0);
        assert!(
            (share("Natural-language processing, twice: natural language processing") - 0.75).abs()
                < 1e-6
        );
        assert_eq!(share("NLP is natural language processing"), 1.0);
        assert_eq!(
            Terms::new(&Expansion::default()).share_in(&profile("NLP")),
            0.0
        );
    }

    #[test]
    fn a_filter_says_it_where_the_text_does_not() {
        let job = |text: &str| {
            let filter = Filter::at_least("years", 4.0).and(Filter::flag("permit", true));
            JobDescription::new(text).unwrap().with_filter(filter)
        };
        assert_eq!(years_asked_by(&job("engineer"), "years"), Some(4.0));
        assert_eq!(years_asked_by(&job("engineer"), "other"), None);
        assert_eq!(years_asked_by(&job("6+ years"), "years"), Some(6.0));
        assert_eq!(least(&Filter::at_most("years", 4.0), "years"), None);
    }
}
