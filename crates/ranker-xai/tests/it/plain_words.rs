//! Accounts in sentences.

use expect_test::expect;
use ranker_core::{
    Asked, Assessment, CandidateId, Demand, Explanation, Part, Requirement, Score, Verdict,
};
use ranker_xai::{Claim, Ground, Language, PlainWords, paragraph};

use crate::case::ranked;
use crate::contrast::{explained, first_two};

const LANGUAGES: [Language; 2] = [Language::English, Language::German];

fn sentences(claims: &[Claim]) -> String {
    let lines = claims.iter().map(|claim| claim.sentence.clone() + "\n");
    lines.collect()
}

/// Everybody's account in both languages.
fn accounts() -> String {
    let (ranking, explanations) = explained();
    let everybody = ranking.iter().zip(&explanations);
    let accounts = everybody.flat_map(|(ranked, explanation)| {
        LANGUAGES.map(|language| PlainWords::new(language).account(explanation, ranked))
    });
    accounts.map(|claims| sentences(&claims) + "\n").collect()
}

#[test]
fn an_account_in_sentences() {
    expect![[r#"
        This profile stands in place 1 with a score of 1.040.
        Closeness in meaning (+0.540), the feature “years” (+0.300) and the match of the job's words (+0.300) speak most for it; the feature “gaps” (−0.200) speaks most against it.
        It meets both requirements: 1 year of work and C++ or Rust; it does not fully meet the one wish – not mentioned: German.

        Dieses Profil steht mit einem Wert von 1,040 auf Platz 1.
        Dafür sprechen vor allem die inhaltliche Nähe (+0,540), das Merkmal „years“ (+0,300) und die Übereinstimmung der Stichwörter (+0,300); dagegen spricht vor allem das Merkmal „gaps“ (−0,200).
        Es erfüllt beide Anforderungen: 1 Jahr Berufserfahrung und C++ oder Rust; es erfüllt den einzigen Wunsch nicht ganz – nicht erwähnt: Deutsch.

        This profile stands in place 2 with a score of 0.020.
        Closeness in meaning (+0.300), the match of the job's words (+0.120) and the feature “years” (+0.100) speak most for it; the feature “gaps” (−0.600) speaks most against it.
        It meets 1 of 2 requirements: 1 year of work – missing: C++ or Rust; it meets the one wish: German.

        Dieses Profil steht mit einem Wert von 0,020 auf Platz 2.
        Dafür sprechen vor allem die inhaltliche Nähe (+0,300), die Übereinstimmung der Stichwörter (+0,120) und das Merkmal „years“ (+0,100); dagegen spricht vor allem das Merkmal „gaps“ (−0,600).
        Es erfüllt 1 von 2 Anforderungen: 1 Jahr Berufserfahrung – nicht vorhanden: C++ oder Rust; es erfüllt den einzigen Wunsch: Deutsch.

        This profile stands in place 3 with a score of −0.190.
        The feature “years” (+0.450) and closeness in meaning (+0.060) speak most for it; the feature “gaps” (−0.800) speaks most against it.
        It meets 1 of 2 requirements: 1 year of work – missing: C++ or Rust; it does not fully meet the one wish – not mentioned: German.

        Dieses Profil steht mit einem Wert von −0,190 auf Platz 3.
        Dafür sprechen vor allem das Merkmal „years“ (+0,450) und die inhaltliche Nähe (+0,060); dagegen spricht vor allem das Merkmal „gaps“ (−0,800).
        Es erfüllt 1 von 2 Anforderungen: 1 Jahr Berufserfahrung – nicht vorhanden: C++ oder Rust; es erfüllt den einzigen Wunsch nicht ganz – nicht erwähnt: Deutsch.

    "#]].assert_eq(&accounts());
}

#[test]
fn a_contrast_in_sentences() {
    let (_, contrast) = first_two();
    let said = LANGUAGES.map(|language| sentences(&PlainWords::new(language).contrast(&contrast)));
    expect![[r#"
        ada scores 1.020 more than eve.
        The feature “gaps” (+0.400), closeness in meaning (+0.240) and the feature “years” (+0.200) speak most for ada.
        Met by ada alone: C++ or Rust; met by eve alone: German.
        ada liegt um 1,020 vor eve.
        Für ada sprechen vor allem das Merkmal „gaps“ (+0,400), die inhaltliche Nähe (+0,240) und das Merkmal „years“ (+0,200).
        Nur von ada erfüllt: C++ oder Rust; nur von eve erfüllt: Deutsch.
    "#]].assert_eq(&said.concat());
}

/// An account with one part and these verdicts on requirements or wishes.
#[test]
fn people_are_called_by_names_that_are_given() {
    let (_, contrast) = first_two();
    let ada = contrast.ids().above.clone();
    let words = PlainWords::new(Language::German).with_name(ada, "Suche\u{1b} in\nRust (1)");
    let said = words.contrast(&contrast).remove(0).sentence;
    assert_eq!(said, "Suche\u{fffd} in Rust (1) liegt um 1,020 vor eve.");
}

fn assessed(demand: Demand, verdicts: &[Verdict]) -> Explanation {
    let id = CandidateId::new("p").unwrap();
    let parts = vec![Part::new("distance", 2.0, -1234.5)];
    let explanation = Explanation::new(id, Score::new(-1234.5).unwrap(), 0.0, parts).unwrap();
    let assessed = verdicts.iter().enumerate().map(|(at, verdict)| {
        let asked = Asked::Years(at as f64 + 0.5 * f64::from(u8::from(at == 1)) + 1.0);
        Assessment::new(Requirement::new(asked, demand), *verdict, "")
    });
    explanation.with_assessments(assessed.collect())
}

/// The last sentence of such an account.
fn verdicts(language: Language, demand: Demand, verdicts: &[Verdict]) -> String {
    let (ranking, _) = explained();
    let ranked = ranked(&ranking, "ada");
    let explanation = assessed(demand, verdicts);
    let claims = PlainWords::new(language).account(&explanation, &ranked);
    claims.last().unwrap().sentence.clone()
}

#[test]
fn numbers_agree_with_their_nouns() {
    use Verdict::{Contradicted, Met, Missing};
    let lists: [&[Verdict]; 7] = [
        &[Met],
        &[Missing],
        &[Met, Met],
        &[Met, Contradicted],
        &[Missing, Missing],
        &[Met, Met, Met],
        &[Missing, Missing, Missing],
    ];
    let mut said = String::new();
    for language in LANGUAGES {
        for demand in [Demand::Required, Demand::Preferred] {
            for list in lists {
                said += &verdicts(language, demand, list);
                said += "\n";
            }
        }
        said += &verdicts(language, Demand::Excluded, &[Met, Contradicted]);
        said += "\n";
    }
    expect![[r#"
        It meets the one requirement: 1 year of work.
        It does not fully meet the one requirement – missing: 1 year of work.
        It meets both requirements: 1 year of work and 2.5 years of work.
        It meets 1 of 2 requirements: 1 year of work – contradicted: 2.5 years of work.
        It fully meets none of the 2 requirements – missing: 1 year of work and 2.5 years of work.
        It meets all 3 requirements: 1 year of work, 2.5 years of work and 3 years of work.
        It fully meets none of the 3 requirements – missing: 1 year of work, 2.5 years of work and 3 years of work.
        It meets the one wish: 1 year of work.
        It does not fully meet the one wish – missing: 1 year of work.
        It meets both wishes: 1 year of work and 2.5 years of work.
        It meets 1 of 2 wishes: 1 year of work – contradicted: 2.5 years of work.
        It fully meets none of the 2 wishes – missing: 1 year of work and 2.5 years of work.
        It meets all 3 wishes: 1 year of work, 2.5 years of work and 3 years of work.
        It fully meets none of the 3 wishes – missing: 1 year of work, 2.5 years of work and 3 years of work.
        It meets 1 of 2 requirements: without 1 year of work – contradicted: without 2.5 years of work.
        Es erfüllt die einzige Anforderung: 1 Jahr Berufserfahrung.
        Es erfüllt die einzige Anforderung nicht ganz – nicht vorhanden: 1 Jahr Berufserfahrung.
        Es erfüllt beide Anforderungen: 1 Jahr Berufserfahrung und 2,5 Jahre Berufserfahrung.
        Es erfüllt 1 von 2 Anforderungen: 1 Jahr Berufserfahrung – im Widerspruch dazu: 2,5 Jahre Berufserfahrung.
        Es erfüllt keine der 2 Anforderungen ganz – nicht vorhanden: 1 Jahr Berufserfahrung und 2,5 Jahre Berufserfahrung.
        Es erfüllt alle 3 Anforderungen: 1 Jahr Berufserfahrung, 2,5 Jahre Berufserfahrung und 3 Jahre Berufserfahrung.
        Es erfüllt keine der 3 Anforderungen ganz – nicht vorhanden: 1 Jahr Berufserfahrung, 2,5 Jahre Berufserfahrung und 3 Jahre Berufserfahrung.
        Es erfüllt den einzigen Wunsch: 1 Jahr Berufserfahrung.
        Es erfüllt den einzigen Wunsch nicht ganz – nicht vorhanden: 1 Jahr Berufserfahrung.
        Es erfüllt beide Wünsche: 1 Jahr Berufserfahrung und 2,5 Jahre Berufserfahrung.
        Es erfüllt 1 von 2 Wünschen: 1 Jahr Berufserfahrung – im Widerspruch dazu: 2,5 Jahre Berufserfahrung.
        Es erfüllt keinen der 2 Wünsche ganz – nicht vorhanden: 1 Jahr Berufserfahrung und 2,5 Jahre Berufserfahrung.
        Es erfüllt alle 3 Wünsche: 1 Jahr Berufserfahrung, 2,5 Jahre Berufserfahrung und 3 Jahre Berufserfahrung.
        Es erfüllt keinen der 3 Wünsche ganz – nicht vorhanden: 1 Jahr Berufserfahrung, 2,5 Jahre Berufserfahrung und 3 Jahre Berufserfahrung.
        Es erfüllt 1 von 2 Anforderungen: ohne 1 Jahr Berufserfahrung – im Widerspruch dazu: ohne 2,5 Jahre Berufserfahrung.
    "#]].assert_eq(&said);
}

#[test]
fn a_team_names_its_own_features() {
    let (ranking, _) = explained();
    let ada = ranked(&ranking, "ada");
    let explanation = assessed(Demand::Required, &[]);
    let unnamed = PlainWords::new(Language::English).account(&explanation, &ada);
    assert_eq!(
        unnamed[1].sentence,
        "The feature “distance” (−1234.500) speaks most against it."
    );
    let german = PlainWords::new(Language::German);
    let named = german.with_feature("distance", "die Entfernung");
    let named = named.account(&explanation, &ada);
    assert_eq!(
        paragraph(&named),
        "Dieses Profil steht mit einem Wert von −1234,500 auf Platz 1. Dagegen spricht vor allem die Entfernung (−1234,500)."
    );
}

#[test]
fn every_number_of_a_claim_is_in_what_it_rests_on() {
    let (ranking, explanations) = explained();
    for (ranked, explanation) in ranking.iter().zip(&explanations) {
        for claim in PlainWords::new(Language::English).account(explanation, ranked) {
            assert!(!claim.grounds.is_empty(), "{claim:?}");
            for ground in &claim.grounds {
                let known = match ground {
                    Ground::Score => vec![explanation.score().get(), ranked.rank as f64],
                    Ground::Part(name) => {
                        let part = explanation
                            .parts()
                            .iter()
                            .find(|part| part.feature == *name);
                        vec![part.unwrap().contribution]
                    }
                    Ground::Verdict(at) => {
                        assert!(*at < explanation.assessments().len());
                        continue;
                    }
                    _ => unreachable!("all grounds are known"),
                };
                for number in known {
                    let shown = [
                        format!("{number}"),
                        format!("{number:.3}"),
                        format!("{number:+.3}"),
                    ];
                    let shown = shown.map(|number| number.replace('-', "−"));
                    assert!(
                        shown.iter().any(|n| claim.sentence.contains(n)),
                        "{number}: {claim:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn foreign_names_stay_on_their_line() {
    let asked = Asked::Skills(["Ru\nst\u{1b}[31m\u{202e}".to_owned()].into());
    let requirement = Requirement::new(asked, Demand::Required);
    let explanation = assessed(Demand::Required, &[]);
    let verdict = Assessment::new(requirement, Verdict::Met, "");
    let explanation = explanation.with_assessments(vec![verdict]);
    let (ranking, _) = explained();
    for language in LANGUAGES {
        let claims = PlainWords::new(language).account(&explanation, &ranked(&ranking, "ada"));
        let last = &claims.last().unwrap().sentence;
        assert!(!last.contains(['\n', '\u{1b}', '\u{202e}']), "{last:?}");
    }
}
