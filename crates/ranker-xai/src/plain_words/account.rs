//! One account in sentences.

use ranker_core::{Assessment, Demand, Explanation, Part, Verdict};

use super::grammar::{Grammar, capital};
use super::{Claim, Ground, Language};
use crate::render::number::is_small;

/// The most parts that are named for a score, and against it.
const MOST_FOR: usize = 3;
const MOST_AGAINST: usize = 2;

/// What an account says of a candidate in this place.
pub(super) fn claims(grammar: &Grammar<'_>, explanation: &Explanation, rank: usize) -> Vec<Claim> {
    let mut claims = vec![
        place(grammar, explanation, rank),
        parts(grammar, explanation.parts()),
    ];
    claims.extend(expansion(grammar, explanation));
    claims.extend(requirements(grammar, explanation.assessments()));
    claims
}

fn place(grammar: &Grammar<'_>, explanation: &Explanation, rank: usize) -> Claim {
    let score = grammar.fixed(explanation.score().get());
    Claim {
        sentence: match grammar.language {
            Language::English => {
                format!("This profile stands in place {rank} with a score of {score}.")
            }
            Language::German => {
                format!("Dieses Profil steht mit einem Wert von {score} auf Platz {rank}.")
            }
        },
        grounds: vec![Ground::Score],
    }
}

/// What speaks most for the score, and what against it.
fn parts(grammar: &Grammar<'_>, parts: &[Part]) -> Claim {
    let of_sign = |sign: f64, most: usize| {
        let counted = parts.iter().filter(|part| !is_small(part.contribution));
        let of_it = counted.filter(|part| part.contribution * sign > 0.0);
        let of_it = of_it.map(|part| (part.feature.as_str(), part.contribution));
        of_it.take(most).collect::<Vec<_>>()
    };
    let (for_it, against) = (of_sign(1.0, MOST_FOR), of_sign(-1.0, MOST_AGAINST));
    let named = for_it.iter().chain(&against);
    let grounds: Vec<Ground> = named
        .map(|(name, _)| Ground::Part((*name).to_owned()))
        .collect();
    if grounds.is_empty() {
        let nothing = grammar.say(
            "No feature adds to the score or takes from it.",
            "Kein Merkmal erhöht oder senkt den Wert.",
        );
        return Claim {
            sentence: nothing.to_owned(),
            grounds: vec![Ground::Score],
        };
    }
    let speaks = [
        speaks(grammar, ("for it", "dafür"), &for_it),
        speaks(grammar, ("against it", "dagegen"), &against),
    ];
    let speaks: Vec<String> = speaks.into_iter().flatten().collect();
    Claim {
        sentence: format!("{}.", capital(&speaks.join("; "))),
        grounds,
    }
}

/// What words that are not the job's own give; nothing where there are none, or they give next to nothing.
fn expansion(grammar: &Grammar<'_>, explanation: &Explanation) -> Option<Claim> {
    let sum = explanation.expanded().filter(|sum| !is_small(*sum))?;
    let mut grounds: Vec<Ground> = Vec::new();
    for (part, _) in explanation.added_terms() {
        let ground = Ground::Part(part.feature.clone());
        if !grounds.contains(&ground) {
            grounds.push(ground);
        }
    }
    let sum = grammar.signed(sum);
    Some(Claim {
        sentence: match grammar.language {
            Language::English => {
                format!("Words that were added to those of the job give {sum} of the score.")
            }
            Language::German => {
                format!(
                    "Wörter, die denen der Stelle hinzugefügt wurden, machen {sum} des Werts aus."
                )
            }
        },
        grounds,
    })
}

/// "A (+0.5) and B (+0.2) speak most for it", "dafür sprechen vor allem A (+0,5) und B (+0,2)"; nothing for nothing.
pub(super) fn speaks(
    grammar: &Grammar<'_>,
    (english, german): (&str, &str),
    features: &[(&str, f64)],
) -> Option<String> {
    let named = features.iter();
    let named =
        named.map(|(name, adds)| format!("{} ({})", grammar.feature(name), grammar.signed(*adds)));
    let named: Vec<String> = named.collect();
    let all = grammar.and(&named);
    match (grammar.language, named.len()) {
        (_, 0) => None,
        (Language::English, 1) => Some(format!("{all} speaks most {english}")),
        (Language::English, _) => Some(format!("{all} speak most {english}")),
        (Language::German, 1) => Some(format!("{german} spricht vor allem {all}")),
        (Language::German, _) => Some(format!("{german} sprechen vor allem {all}")),
    }
}

/// What is met of the requirements and of the wishes; nothing where nobody assessed them.
fn requirements(grammar: &Grammar<'_>, assessments: &[Assessment]) -> Option<Claim> {
    let numbered = || assessments.iter().enumerate();
    let is_wish = |one: &Assessment| one.requirement.demand == Demand::Preferred;
    let asked: Vec<_> = numbered().filter(|(_, one)| !is_wish(one)).collect();
    let wishes: Vec<_> = numbered().filter(|(_, one)| is_wish(one)).collect();
    let of = |kind: Kind, all: &[(usize, &Assessment)]| {
        (!all.is_empty()).then(|| fulfilled(grammar, kind, all))
    };
    let said = [of(Kind::Requirement, &asked), of(Kind::Wish, &wishes)];
    let said: Vec<String> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| Claim {
        sentence: format!("{}.", capital(&said.join("; "))),
        grounds: numbered().map(|(at, _)| Ground::Verdict(at)).collect(),
    })
}

#[derive(Clone, Copy)]
enum Kind {
    Requirement,
    Wish,
}

/// "it meets 2 of 4 requirements: a and b, missing: c, not mentioned: d".
fn fulfilled(grammar: &Grammar<'_>, kind: Kind, all: &[(usize, &Assessment)]) -> String {
    let of = |verdict: Verdict| {
        let of_it = all.iter().filter(|(_, one)| one.verdict == verdict);
        of_it
            .map(|(_, one)| grammar.required(&one.requirement))
            .collect::<Vec<_>>()
    };
    let met = of(Verdict::Met);
    let mut said = count(grammar, kind, (met.len(), all.len()));
    if !met.is_empty() {
        said += &format!(": {}", grammar.and(&met));
    }
    let labels = [
        (Verdict::Partly, "partly met", "teilweise erfüllt"),
        (Verdict::Missing, "missing", "nicht vorhanden"),
        (Verdict::Contradicted, "contradicted", "im Widerspruch dazu"),
        (Verdict::NotSaid, "not mentioned", "nicht erwähnt"),
    ];
    for (verdict, english, german) in labels {
        let items = of(verdict);
        if !items.is_empty() {
            said += &format!(
                " – {}: {}",
                grammar.say(english, german),
                grammar.and(&items)
            );
        }
    }
    said
}

/// How many of how many are met.
fn count(grammar: &Grammar<'_>, kind: Kind, (met, all): (usize, usize)) -> String {
    let (one, many, von) = match kind {
        Kind::Requirement => (
            grammar.say("requirement", "Anforderung"),
            grammar.say("requirements", "Anforderungen"),
            "Anforderungen",
        ),
        Kind::Wish => (
            grammar.say("wish", "Wunsch"),
            grammar.say("wishes", "Wünsche"),
            "Wünschen",
        ),
    };
    match (grammar.language, met, all) {
        (Language::English, 1, 1) => format!("it meets the one {one}"),
        (Language::English, 0, 1) => format!("it does not fully meet the one {one}"),
        (Language::English, 2, 2) => format!("it meets both {many}"),
        (Language::English, 0, _) => format!("it fully meets none of the {all} {many}"),
        (Language::English, _, _) if met == all => format!("it meets all {all} {many}"),
        (Language::English, _, _) => format!("it meets {met} of {all} {many}"),
        (Language::German, 1, 1) => format!("es erfüllt {} {one}", die_eine(kind)),
        (Language::German, 0, 1) => format!("es erfüllt {} {one} nicht ganz", die_eine(kind)),
        (Language::German, 2, 2) => format!("es erfüllt beide {many}"),
        (Language::German, 0, _) => format!("es erfüllt {} der {all} {many} ganz", keine(kind)),
        (Language::German, _, _) if met == all => format!("es erfüllt alle {all} {many}"),
        (Language::German, _, _) => format!("es erfüllt {met} von {all} {von}"),
    }
}

/// The accusative of "the only", by the gender of the kind.
fn die_eine(kind: Kind) -> &'static str {
    match kind {
        Kind::Requirement => "die einzige",
        Kind::Wish => "den einzigen",
    }
}

/// The accusative of "none", by the gender of the kind.
fn keine(kind: Kind) -> &'static str {
    match kind {
        Kind::Requirement => "keine",
        Kind::Wish => "keinen",
    }
}
