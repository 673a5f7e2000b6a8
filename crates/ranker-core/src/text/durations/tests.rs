use super::*;

fn years(text: &str) -> Vec<f64> {
    durations(text).iter().map(|found| found.years).collect()
}

#[test]
fn amounts_are_read_as_people_write_them() {
    let mut wrong = Vec::new();
    for (text, expected) in [
        ("5 years", 5.0),
        ("5yrs", 5.0),
        ("5+y of experience", 5.0),
        ("5 YOE", 5.0),
        ("2.5 years", 2.5),
        ("2,5 Jahre", 2.5),
        ("3½ years", 3.5),
        ("1 1/2 years", 1.5),
        ("one and a half years", 1.5),
        ("2 and a half years", 2.5),
        ("a year and a half", 1.5),
        ("half a year", 0.5),
        ("a year", 1.0),
        ("twenty-five years", 25.0),
        ("fünfundzwanzig Jahre", 25.0),
        ("anderthalb Jahre", 1.5),
        ("zweieinhalb Jahre", 2.5),
        ("fünfjährige Erfahrung", 5.0),
        ("3-jährige Erfahrung", 3.0),
        ("vingt-cinq ans", 25.0),
        ("vingt et un ans", 21.0),
        ("deux ans et demi", 2.5),
        ("treinta y cinco años", 35.0),
        ("dos años y medio", 2.5),
        ("due anni e mezzo", 2.5),
        ("esperienza triennale", 3.0),
        ("anderhalf jaar", 1.5),
        ("driejarige ervaring", 3.0),
        ("18 months", 1.5),
        ("sechs Monate", 0.5),
        ("two decades", 20.0),
        ("five (5) years", 5.0),
        ("5 (five) years", 5.0),
        ("Years of experience: 5", 5.0),
        ("Berufserfahrung (Jahre): 3", 3.0),
        ("Python 3 (5 years)", 5.0),
        ("5 full years", 5.0),
    ] {
        let found = years(text);
        if found.len() != 1 || (found[0] - expected).abs() > 1e-9 {
            wrong.push((text, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    for text in [
        "years",
        "+ years",
        "many years",
        "per year",
        "1,500 years",
        "",
        "½",
        "5 y 6",
    ] {
        assert!(years(text).iter().all(|&years| years > 60.0), "{text}");
    }
}

#[test]
fn of_a_range_the_lower_end_is_read() {
    for text in [
        "3-5 years",
        "3 – 5+ years",
        "3 to 5 years",
        "from three up to five years",
        "between 3 and 5 years",
        "3 years to 5 years",
        "drei bis fünf Jahre",
        "zwischen drei und fünf Jahren",
        "de 3 à 5 ans",
        "entre 3 et 5 ans",
        "de 3 a 5 años",
        "entre tres y cinco años",
        "da 3 a 5 anni",
        "tra i 3 e i 5 anni",
        "3 tot 5 jaar",
        "tussen de 3 en 5 jaar",
        "at least 3 but no more than 5 years",
        "more than 3 and less than 5 years",
        "mindestens 3 und höchstens 5 Jahre",
        "3 or more years",
        "3+ years",
    ] {
        let found = durations(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!((found[0].years, found[0].open), (3.0, true), "{text}");
        assert!(text.ends_with(&text[found[0].at.clone()]), "{text}");
    }
    assert_eq!(years("6 months to 2 years"), [0.5]);
    assert_eq!(years("2 years of Rust, 5 years of C"), [2.0, 5.0]);
}

#[test]
fn the_words_beside_say_what_a_time_is_of() {
    for (text, expected) in [
        ("5 years of hands-on experience", TimeOf::Experience),
        ("Erfahrung von 5 Jahren", TimeOf::Experience),
        ("cinq ans d’expérience", TimeOf::Experience),
        ("5 years, degree required", TimeOf::Unsaid),
        ("5 years in sales", TimeOf::Unsaid),
        ("a two year contract", TimeOf::Other),
        ("contract of 2 years", TimeOf::Other),
        ("5 years warranty", TimeOf::Other),
        ("18 years of age", TimeOf::Other),
        ("reading to four- to six-year-olds", TimeOf::Other),
        ("the last 3 years", TimeOf::Other),
        ("three years in a row", TimeOf::Other),
        ("lead a team in 2 years", TimeOf::Other),
        ("laurea triennale", TimeOf::Other),
        ("a degree (4 years)", TimeOf::Other),
        ("limited to 2 years", TimeOf::Other),
    ] {
        let found = durations(text);
        let of = found.first().map_or(TimeOf::Other, |found| found.of);
        assert_eq!(of, expected, "{text}");
    }
}
