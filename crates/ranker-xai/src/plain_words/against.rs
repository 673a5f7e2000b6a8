//! Two accounts against each other in sentences.

use ranker_core::{Assessment, Verdict};

use super::account::speaks;
use super::grammar::{Grammar, capital};
use super::{Claim, Ground, Language};
use crate::contrast::{Contrast, Sides};
use crate::render::number::is_small;

/// The most features that are named for either.
const MOST: usize = 3;

/// What a contrast says.
pub(super) fn claims(grammar: &Grammar<'_>, contrast: &Contrast) -> Vec<Claim> {
    let ids = contrast.ids();
    let names = Sides {
        above: grammar.somebody(&ids.above),
        below: grammar.somebody(&ids.below),
    };
    let said = [
        Some(gap(grammar, contrast, &names)),
        features(grammar, contrast, &names),
        verdicts(grammar, contrast, &names),
    ];
    said.into_iter().flatten().collect()
}

fn gap(grammar: &Grammar<'_>, contrast: &Contrast, names: &Sides<String>) -> Claim {
    let Sides { above, below } = names;
    let gap = grammar.fixed(contrast.gap());
    let sentence = match (grammar.language, is_small(contrast.gap())) {
        (Language::English, true) => format!("{above} and {below} have nearly the same score."),
        (Language::English, false) => format!("{above} scores {gap} more than {below}."),
        (Language::German, true) => format!("{above} und {below} haben fast denselben Wert."),
        (Language::German, false) => format!("{above} liegt um {gap} vor {below}."),
    };
    Claim {
        sentence,
        grounds: vec![Ground::Score],
    }
}

/// The features that speak most for the one and for the other.
fn features(grammar: &Grammar<'_>, contrast: &Contrast, names: &Sides<String>) -> Option<Claim> {
    let of_sign = |sign: f64| {
        let all = contrast.differences().iter();
        let all = all.map(|one| (one.feature.as_str(), one.adds()));
        let of_it = all.filter(|(_, adds)| !is_small(*adds) && adds * sign > 0.0);
        of_it.take(MOST).collect::<Vec<_>>()
    };
    let (for_above, for_below) = (of_sign(1.0), of_sign(-1.0));
    let sides = [(&names.above, &for_above), (&names.below, &for_below)];
    let said = sides.map(|(name, features)| {
        let whom = (&*format!("for {name}"), &*format!("für {name}"));
        speaks(grammar, whom, features)
    });
    let said: Vec<String> = said.into_iter().flatten().collect();
    let named = for_above.iter().chain(&for_below);
    (!said.is_empty()).then(|| Claim {
        sentence: format!("{}.", capital(&said.join("; "))),
        grounds: named
            .map(|(name, _)| Ground::Part((*name).to_owned()))
            .collect(),
    })
}

/// The requirements that one of them meets alone.
fn verdicts(grammar: &Grammar<'_>, contrast: &Contrast, names: &Sides<String>) -> Option<Claim> {
    let numbered = || contrast.verdicts().iter().enumerate();
    let is_met = |one: &Assessment| one.verdict == Verdict::Met;
    let above = numbered().filter(|(_, sides)| is_met(&sides.above));
    let below = numbered().filter(|(_, sides)| is_met(&sides.below));
    let (above, below): (Vec<_>, Vec<_>) = (above.collect(), below.collect());
    let said = [(&names.above, &above), (&names.below, &below)];
    let said = said.iter().filter(|(_, met)| !met.is_empty());
    let said = said.map(|(name, met)| {
        let asked = met
            .iter()
            .map(|(_, sides)| grammar.required(&sides.above.requirement));
        let asked = grammar.and(&asked.collect::<Vec<_>>());
        match grammar.language {
            Language::English => format!("met by {name} alone: {asked}"),
            Language::German => format!("nur von {name} erfüllt: {asked}"),
        }
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| Claim {
        sentence: format!("{}.", capital(&said.join("; "))),
        grounds: above
            .iter()
            .chain(&below)
            .map(|(at, _)| Ground::Verdict(*at))
            .collect(),
    })
}
