use super::*;

fn in_text(text: &str) -> Option<f64> {
    let asked = years_asked(text)?;
    let named = text.get(asked.at.clone());
    assert!(
        named.is_some_and(|named| !named.trim().is_empty()),
        "{text}"
    );
    Some(asked.years)
}

#[test]
fn reads_what_people_write() {
    let mut wrong = Vec::new();
    for (text, years) in [
        ("5+ years of Rust", Some(5.0)),
        ("At least 3 years", Some(3.0)),
        ("two years", Some(2.0)),
        ("3-5 years' experience", Some(3.0)),
        ("3 – 5 yrs", Some(3.0)),
        ("between two and four years in sales", Some(2.0)),
        ("three (3) years minimum", Some(3.0)),
        ("5 or more years", Some(5.0)),
        ("5 years or more", Some(5.0)),
        ("10years plus", Some(10.0)),
        (
            "a minimum of 4 years as a nurse and 2 years in theatre",
            Some(4.0),
        ),
        (
            "For 30 years we build cars. You bring 4+ years of practice.",
            Some(4.0),
        ),
        ("founded 25 years ago", None),
        ("must be 18 years old", None),
        ("Teach four- to six-year-olds", None),
        ("over 18 years of age", None),
        ("since 2019 years passed", None),
        ("900 years", None),
        ("a two year contract", None),
        ("many years", None),
        ("no more than 5 years of experience", None),
        ("less than 2 years of experience", None),
        ("up to 3 years of experience", None),
        ("maximum 5 years of experience", None),
        (
            "For more than 50 years we have developed software. You have experience in Rust.",
            None,
        ),
        (
            "Our team has 30 years of experience in finance. 3+ years required.",
            Some(3.0),
        ),
        ("2.5 years of experience", Some(2.5)),
        ("2,5 Jahre Berufserfahrung", Some(2.5)),
        ("3½ years of experience", Some(3.5)),
        ("5+ yrs of experience", Some(5.0)),
        ("at least five (5) years of experience", Some(5.0)),
        ("5\u{2013}7 years", Some(5.0)),
        (
            "We are a 12 year old company. 4 years experience with Java.",
            Some(4.0),
        ),
        ("5 years warranty on products", None),
        ("a four-year degree and 2 years in sales", Some(2.0)),
        ("18 months of experience", Some(1.5)),
        ("six months of experience", Some(0.5)),
        ("We require 5 years of experience", Some(5.0)),
        ("3+ years required, 7+ years preferred", Some(3.0)),
        ("7+ years of experience preferred", Some(7.0)),
        ("Mindestens 5 Jahre Berufserfahrung", Some(5.0)),
        ("Erfahrung von drei bis fünf Jahren", Some(3.0)),
        ("höchstens 3 Jahre Erfahrung", None),
        ("Seit über 50 Jahren entwickeln wir Software", None),
        ("au moins 5 ans d'expérience", Some(5.0)),
        ("moins de 3 ans d'expérience", None),
        ("al menos tres años de experiencia", Some(3.0)),
        ("hasta 3 años de experiencia", None),
        ("almeno 4 anni di esperienza", Some(4.0)),
        ("minimaal 2 jaar ervaring", Some(2.0)),
        ("maximaal 2 jaar ervaring", None),
        ("years", None),
        ("+ years", None),
        ("", None),
    ] {
        if in_text(text) != years {
            wrong.push((text, years, in_text(text)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Texts, and the years that they ask for: bounds, employers' ages, wishes and forms in other words.
const OTHER_WORDS: &[(&str, Option<f64>)] = &[
    // Bounds above, and what only looks like one.
    ("not more than 4 years of experience", None),
    ("at most three years", None),
    ("fewer than 3 years' experience", None),
    ("under 5 years of experience", None),
    ("a maximum of 6 years of experience", None),
    ("5 years of experience at most", None),
    ("3 years max.", None),
    ("no less than 5 years of experience", Some(5.0)),
    ("not fewer than four years", Some(4.0)),
    ("bis zu 3 Jahre Erfahrung", None),
    ("nicht mehr als fünf Jahre Berufserfahrung", None),
    ("3 Jahre Berufserfahrung höchstens", None),
    ("nicht weniger als fünf Jahre Erfahrung", Some(5.0)),
    ("ab 3 Jahren Berufserfahrung", Some(3.0)),
    ("mindestens fünfjährige Berufserfahrung", Some(5.0)),
    ("anderthalb Jahre Berufserfahrung", Some(1.5)),
    ("3 ans d'expérience maximum", None),
    ("pas plus de 5 ans d'expérience", None),
    ("jusqu'à 3 ans d'expérience", None),
    ("pas moins de 3 ans d'expérience", Some(3.0)),
    ("5 ans d'expérience minimum", Some(5.0)),
    ("plus de cinq ans d'expérience", Some(5.0)),
    ("un an d'expérience", Some(1.0)),
    ("deux ans et demi d'expérience", Some(2.5)),
    ("entre 3 et 5 ans d'expérience", Some(3.0)),
    ("como máximo 3 años de experiencia", None),
    ("no más de cinco años", None),
    ("menos de 2 años de experiencia", None),
    ("no menos de 3 años de experiencia", Some(3.0)),
    ("mínimo de 3 años de experiencia", Some(3.0)),
    ("experiencia de 2 a 4 años", Some(2.0)),
    ("al massimo 3 anni di esperienza", None),
    ("non più di cinque anni", None),
    ("non meno di 3 anni di esperienza", Some(3.0)),
    ("tra i 3 e i 5 anni di esperienza", Some(3.0)),
    ("esperienza almeno triennale", Some(3.0)),
    ("hooguit 3 jaar ervaring", None),
    ("niet meer dan 5 jaar ervaring", None),
    ("niet minder dan drie jaar ervaring", Some(3.0)),
    ("ten minste 3 jaar werkervaring", Some(3.0)),
    ("3 tot 5 jaar ervaring", Some(3.0)),
    // The employer's age, and other things' time.
    (
        "With over 40 years of experience, Acme leads the market.",
        None,
    ),
    ("Acme GmbH has 15 years of experience in logistics", None),
    (
        "Founded 25 years ago. 3 years of experience needed.",
        Some(3.0),
    ),
    ("Seit mehr als 15 Jahren bauen wir Maschinen", None),
    (
        "Unser Team hat 12 Jahre Erfahrung. Sie bringen 3 Jahre mit.",
        Some(3.0),
    ),
    ("Depuis plus de 15 ans, Acme accompagne ses clients", None),
    ("Notre entreprise a 18 ans d'expérience", None),
    ("Desde hace 15 años desarrollamos software", None),
    ("Da oltre 18 anni produciamo macchine", None),
    ("La nostra azienda ha 15 anni di esperienza", None),
    ("Al 15 jaar ontwikkelen wij software", None),
    ("Ons bedrijf heeft 15 jaar ervaring", None),
    ("For this role, 5 years of experience", Some(5.0)),
    ("Team lead with 5 years of experience", Some(5.0)),
    ("Experience in a software company of 5 years", Some(5.0)),
    ("Our ideal candidate has 5 years of experience", Some(5.0)),
    (
        "We are looking for someone with 5 years in sales",
        Some(5.0),
    ),
    ("5 Jahre Erfahrung sind erforderlich", Some(5.0)),
    ("a probation period of six months", None),
    ("befristet auf 2 Jahre", None),
    ("CDD de 2 ans", None),
    ("contrato de 2 años", None),
    ("you lead the team after 2 years", None),
    ("3 years of experience in the last 5 years", Some(3.0)),
    ("$90,000 a year", None),
    ("25 days of leave per year", None),
    ("laurea triennale", None),
    // Preferred against required.
    ("3 years required, ideally 5 years", Some(3.0)),
    (
        "3 years of Java and ideally 5 years of C++ experience",
        Some(3.0),
    ),
    ("3 years of experience (5 years preferred)", Some(3.0)),
    (
        "Required: 2 years of SQL experience.\nNice to have:\n- 7+ years of Java",
        Some(2.0),
    ),
    (
        "Nice to have: 7+ years of Java\nMust have: 2+ years of SQL",
        Some(2.0),
    ),
    ("Preferred\n- 8+ years\nRequirements\n- 4+ years", Some(4.0)),
    ("3 Jahre Erfahrung, idealerweise 5 Jahre", Some(3.0)),
    (
        "mindestens 2 Jahre; 5 Jahre Erfahrung wären von Vorteil",
        Some(2.0),
    ),
    (
        "2 ans d'expérience exigés, 5 ans d'expérience souhaités",
        Some(2.0),
    ),
    (
        "mínimo 2 años, se valorarán 5 años de experiencia",
        Some(2.0),
    ),
    (
        "almeno 2 anni, preferibilmente 5 anni di esperienza",
        Some(2.0),
    ),
    ("minimaal 2 jaar, bij voorkeur 5 jaar ervaring", Some(2.0)),
    (
        "5+ years is a plus, 2 years of experience required",
        Some(2.0),
    ),
    (
        "se valorará experiencia de 5 años; imprescindible 2 años",
        Some(2.0),
    ),
    // Forms.
    ("more than 3 but less than 6 years of experience", Some(3.0)),
    ("non oltre 3 anni di esperienza", None),
    (
        "Bachelor's degree (4 years) or 6 years of experience",
        Some(6.0),
    ),
    ("The position is limited to 2 years.", None),
    ("Years of experience: 5", Some(5.0)),
    ("experience required: 3-5 years", Some(3.0)),
    ("a decade of experience", Some(10.0)),
    ("one and a half years of experience", Some(1.5)),
    ("a year of experience", Some(1.0)),
    ("5+ YOE", Some(5.0)),
    ("You must be 18 years or older.", None),
    ("You should be at least 18 years", None),
    ("Sie sind mindestens 18 Jahre alt", None),
    ("18 years in the field", Some(18.0)),
    ("<2 years of experience", None),
    ("≤ 3 years of experience", None),
    (">= 3 years of experience", Some(3.0)),
    ("Zero to two years of experience", Some(0.0)),
    ("10+ years of combined experience across our team", None),
    ("3+ years of experience across our products", Some(3.0)),
    ("at least 5, ideally 8 years of experience", Some(5.0)),
    ("3 or preferably 5 years of experience", Some(3.0)),
    (
        "mindestens 2, idealerweise 4 Jahre Berufserfahrung",
        Some(2.0),
    ),
    ("5 years' driving licence", None),
    ("5 years' driving experience", Some(5.0)),
    ("Projektdauer: 2 Jahre", None),
    ("At least 3 full-time years of experience", Some(3.0)),
    (
        "With 15 years of experience, Acme is a market leader. 2 years of experience needed",
        Some(2.0),
    ),
    (
        "With 5 years of experience, you are ready to lead",
        Some(5.0),
    ),
    ("twenty-one years of experience", None),
    ("at least twenty-one years of experience", Some(21.0)),
];

#[test]
fn bounds_ages_and_wishes_in_other_words() {
    let read = OTHER_WORDS
        .iter()
        .map(|(text, years)| (text, years, in_text(text)));
    let wrong: Vec<_> = read.filter(|(_, years, read)| *years != read).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
