//! What the tables say, and when they keep quiet.

use ranker_core::{Expansion, JobDescription, TermSource, ValueError};
use ranker_expand::{Relation, Taxonomy, TaxonomyExpander};

use crate::jobs::{texts, titled, untitled};

pub(crate) fn esco() -> Taxonomy {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/esco_occupations.csv"
    );
    Taxonomy::from_esco_csv(std::fs::File::open(file).unwrap()).unwrap()
}

fn skills(text: &str) -> Expansion {
    TaxonomyExpander::default().expansion(&untitled(text))
}

fn adds(text: &str, term: &str) -> bool {
    texts(&skills(text)).contains(&term)
}

#[test]
fn acronyms_and_long_forms_meet_in_both_directions() {
    for (job, term) in [
        ("We do NLP.", "natural language processing"),
        ("We do natural language processing.", "NLP"),
        ("RNs and LPNs wanted", "registered nurse"),
        ("CI / CD pipelines", "continuous integration"),
        ("R & D", "research and development"),
        ("HVAC repair", "heating, ventilation and air conditioning"),
    ] {
        assert!(adds(job, term), "{job:?} gives {:?}", texts(&skills(job)));
    }
}

#[test]
fn words_that_only_look_like_acronyms_are_left_alone() {
    for job in [
        "Take it or leave it, pt 2",
        "SENIOR MANAGER WHO MAKES IT HAPPEN OR LEAVES",
        "We excel at agile teamwork in the lab",
    ] {
        assert_eq!(texts(&skills(job)), Vec::<&str>::new(), "{job}");
    }
    assert!(adds("IT support in our office", "information technology"));
    assert!(adds("Auto Cad", "AutoCAD"), "a misspelling is understood");
    assert!(!adds("AutoCAD", "Auto CAD"), "and never added");
}

#[test]
fn the_rest_of_the_job_decides_what_an_acronym_means() {
    let sales = "CRM and sales pipeline";
    let cockpit = "Airline pilot, CRM training for the flight crew";
    assert!(adds(sales, "customer relationship management"));
    assert!(!adds(sales, "crew resource management"));
    assert!(adds(cockpit, "crew resource management"));
    assert!(!adds(cockpit, "customer relationship management"));
    assert!(
        adds("CRM", "customer relationship management"),
        "the everyday meaning"
    );
    assert!(
        !adds("PT work", "physical therapist"),
        "nothing speaks for a meaning"
    );
    assert!(adds("PT for rehabilitation patients", "physical therapist"));
}

#[test]
fn two_open_meanings_weigh_half_and_say_so() {
    let table =
        "kind\tname\taliases\tshort\nskill\tone thing\t\tABC\nskill\tanother thing\t\tABC\n";
    let expander = TaxonomyExpander::new(Taxonomy::from_reader("ours", table.as_bytes()).unwrap());
    let expansion = expander.expansion(&untitled("ABC"));
    assert_eq!(texts(&expansion), ["another thing", "one thing"]);
    for term in expansion.terms() {
        assert_eq!(term.weight(), 0.25);
        assert!(term.reason().contains("may stand for"), "{}", term.reason());
    }
    let three = format!("{table}skill\tthird thing\t\tABC\n");
    let expander = TaxonomyExpander::new(Taxonomy::from_reader("ours", three.as_bytes()).unwrap());
    assert!(
        expander.expansion(&untitled("ABC")).is_empty(),
        "three meanings say nothing"
    );
}

#[test]
fn occupations_are_read_off_the_title_alone() {
    let onet = TaxonomyExpander::new(Taxonomy::onet());
    let has = |job: &JobDescription| {
        let expansion = onet.expansion(job);
        expansion
            .terms()
            .iter()
            .any(|term| term.source() == TermSource::Occupation)
    };
    assert!(has(&titled("Senior Electrician", "Wires houses.")));
    assert!(has(&untitled("Electricians wanted\nWires houses.")));
    assert!(!has(&titled(
        "Intern",
        "You work with electricians and report to a web developer."
    )));
    let prose =
        "Help us model, guide and host whatever our customers bring along on a rainy day, always";
    assert!(
        !has(&untitled(prose)),
        "single words of prose are no titles"
    );
}

#[test]
fn onet_is_never_a_default() {
    let job = titled("Electrician", "Wires houses.");
    let expansion = TaxonomyExpander::default().expansion(&job);
    assert!(
        expansion
            .terms()
            .iter()
            .all(|term| !term.reason().contains("O*NET"))
    );
}

#[test]
fn esco_adds_alternative_labels() {
    let expansion = TaxonomyExpander::new(esco()).expansion(&titled("Dressmaker", "Sews."));
    assert_eq!(texts(&expansion), ["tailor", "clothes maker"]);
    let reason = "'Dressmaker' in the job's title is also called tailor (ESCO)";
    assert_eq!(expansion.terms()[0].reason(), reason);
}

#[test]
fn weights_can_be_set_and_are_checked() {
    let job = untitled("NLP");
    let without = TaxonomyExpander::default()
        .with_weight(Relation::Related, 0.0)
        .unwrap();
    assert_eq!(
        texts(&without.expansion(&job)),
        ["natural language processing"]
    );
    let heavy = without.with_weight(Relation::Acronym, 1.0).unwrap();
    assert_eq!(heavy.expansion(&job).terms()[0].weight(), 1.0);
    for weight in [-0.1, 1.1, f32::NAN] {
        let refused = TaxonomyExpander::default().with_weight(Relation::Alias, weight);
        assert!(
            matches!(refused, Err(ValueError::OutOfRange { .. })),
            "{weight}"
        );
    }
}
