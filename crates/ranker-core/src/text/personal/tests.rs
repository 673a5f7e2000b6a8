//! What is taken out, and what is not.

use super::*;

/// What is left of a text.
fn left(text: &str) -> String {
    without(text, Titled::No, Extent::Person)
}

fn without(text: &str, titled: Titled, extent: Extent) -> String {
    let text = cut(text, &spaces(text));
    let found = personal(&text, titled, extent);
    cut(&text, &found)
}

fn cut(text: &str, stretches: &[Range<usize>]) -> String {
    let mut left = String::new();
    let mut from = 0;
    for stretch in stretches {
        left.push_str(&text[from..stretch.start]);
        from = stretch.end;
    }
    left + &text[from..]
}

/// Names of many groups; none is also a word.
const NAMES: [(&str, &str); 14] = [
    ("Emily", "Walsh"),
    ("Greg", "O'Brien"),
    ("Lakisha", "Washburn"),
    ("Jamal", "Robinson"),
    ("Priya", "Ramaswamy"),
    ("Rajesh", "Venkataraman"),
    ("Fatima", "al-Masri"),
    ("Mohammed", "Haddad"),
    ("Mei-Ling", "Zhang"),
    ("José", "García López"),
    ("Anneliese", "Weißenborn"),
    ("Jean-Pierre", "Lefèvre"),
    ("Sanne", "van der Meulen"),
    ("Oluwaseun", "Adebayo"),
];

/// A text with a name at its places: `{first}`, `{last}`, `{LAST}`, `{mail}`.
fn named(text: &str, (first, last): (&str, &str)) -> String {
    let mail = page::fold(&format!("{first}.{last}")).replace(' ', "");
    text.replace("{first}", first)
        .replace("{last}", last)
        .replace("{LAST}", &last.to_uppercase())
        .replace("{FIRST}", &first.to_uppercase())
        .replace("{mail}", &format!("{mail}@example.com"))
}

#[test]
fn a_swap_of_names_changes_nothing() {
    for text in [
        "{first} {last}\nJava Developer\n{mail}\nSummary\n{first} builds services. {last}'s team of six.",
        "{FIRST} {LAST}\nSenior Accountant\nExperience\nClosed the books. Mr. {last} trained two clerks.",
        "{LAST}, {first}\nRegistered Nurse, RN\nPhone: +1 555 010 2030\nSkills\nTriage",
        "Curriculum Vitae of Dr. {first} {last}\nData Scientist\nPython",
        "Lebenslauf\nName: {first} {last}\nGeburtsdatum: 12.03.1990\nSoftwareentwickler\nJava seit 2015",
        "Java Developer\n{first} {last}\n{mail} | +49 30 1234567\nBuilt things in Java.",
        "{first} {last} | Project Manager | {mail}\nLed teams\n{first} {last} - page 2",
        "{first} M. {last}, PhD\nChemist\nPublished nine papers. {first} M. {last} speaks French.",
        "Welder\nMy name is {first} {last}. I weld ships.",
        "Nurse\nWard work since 2012.\nReferences\n{first} {last}, head nurse, City Hospital\nMs. {last}, teacher",
        "Cook\nReported to {first} {last} and ran the grill.\nSincerely,\n{first} {last}",
        "Koch\nFrau {last} leitete die Küche mit Herrn {last} und Dr. {last}.",
    ] {
        let expected = left(&named(text, NAMES[0]));
        for name in NAMES {
            assert_eq!(left(&named(text, name)), expected, "{name:?} in {text:?}");
        }
        assert!(
            !expected.contains("Emily") && !expected.contains("Walsh"),
            "{expected:?}"
        );
    }
}

#[test]
fn headlines_are_no_names() {
    for title in ["Tub Tender", "Nickel Plater", "Shipping Clerk", "Flutist"] {
        for (text, titled) in [
            (format!("{title}\nSummary\nDaily work."), Titled::Apart),
            (format!("{title}\nSkills\nDaily work."), Titled::No),
        ] {
            let found = personal(&text, titled, Extent::Person);
            assert!(found.is_empty(), "{title}: {found:?}");
        }
    }
    let found = personal(
        "Prep Cook\nSummary\nDaily work.",
        Titled::Apart,
        Extent::Person,
    );
    assert!(found.is_empty(), "{found:?}");
    // One without any word of a trade, as files have it that give a name for a title.
    let found = personal(
        "Emily Walsh\nSummary\nDaily work.",
        Titled::Apart,
        Extent::Person,
    );
    assert_eq!(found.first(), Some(&(0..12)));
}

#[test]
fn names_go_and_work_stays() {
    for (text, expected) in [
        (
            "Ana Lopez\nJava Developer\nana@example.com",
            "Java Developer",
        ),
        (
            "Java Developer\nana@example.com\nSkills\nGo, Ruby",
            "Java Developer\nSkills\nGo, Ruby",
        ),
        (
            "Jordan Chase\nAnalyst\nJPMorgan Chase, Amman, Jordan\nAnalyst at Chase since 2012",
            "Analyst\nJPMorgan Chase, Amman, Jordan\nAnalyst at Chase since 2012",
        ),
        (
            "Ruby Baker\nPastry Chef\nruby.baker@example.com\nSkills: Ruby, Rails\nHead Baker at Baker & Sons",
            "Pastry Chef\nSkills: Ruby, Rails\nHead Baker at Baker & Sons",
        ),
        (
            "Head Baker\nBakes bread since 2001.",
            "Head Baker\nBakes bread since 2001.",
        ),
        (
            "ACCOUNTANT\nSummary\nLedgers",
            "ACCOUNTANT\nSummary\nLedgers",
        ),
        (
            "MS Excel, Ms Word\nDr. Pepper is a brand",
            "MS Excel, Ms Word\nDr. is a brand",
        ),
        ("Mobile: Android, Kotlin", "Mobile: Android, Kotlin"),
        (
            "Booking.com, Node.js and ASP.NET since 2015",
            "Booking.com, Node.js and ASP.NET since 2015",
        ),
        ("氏名: 山田太郎\nエンジニア\n山田太郎", "エンジニア"),
        (
            "Имя: Анна Петрова\nИнженер\nАнна Петрова ведёт проект",
            "Инженер\nведёт проект",
        ),
    ] {
        assert_eq!(left(text), expected, "{text:?}");
    }
}

#[test]
fn pronouns_of_a_sex_go_in_each_language() {
    for (she, he) in [
        (
            "She led her team herself. It is hers, and we like her (she/her).",
            "He led his team himself. It is his, and we like him (he/him).",
        ),
        (
            "Sie leitet mit ihrem Team die Küche und hat ihre Ruhe.",
            "Er leitet mit seinem Team die Küche und hat seine Ruhe.",
        ),
        (
            "Elle est dans la cuisine avec une équipe.",
            "Il est dans la cuisine avec une équipe.",
        ),
        (
            "Ella es la jefa de los cocineros con un equipo.",
            "Él es la jefa de los cocineros con un equipo.",
        ),
        (
            "Lei è stata nella cucina con una squadra.",
            "Lui è stata nella cucina con una squadra.",
        ),
        (
            "Zij werkt met haar team in het ziekenhuis van de stad.",
            "Hij werkt met zijn team in het ziekenhuis van de stad.",
        ),
    ] {
        assert_eq!(left(she), left(he));
        assert_ne!(left(she), she);
    }
    let spanish = "He trabajado en el hospital y con los cocineros del norte";
    assert_eq!(left(spanish), spanish);
}

#[test]
fn contact_data_and_what_a_person_is_go_wherever_they_stand_in_a_head() {
    let expected = "Nurse\nSkills\nTriage";
    for head in [
        "Ana Lopez\nNurse\n12 Main Street, Apt 4\nSpringfield, IL 62704\n(555) 010-2030\nana@example.com",
        "Ana Lopez\nNurse\nana@example.com\n(555) 010-2030\nSpringfield, IL 62704",
        "Nurse\nAddress: Hauptstraße 12, 10115 Berlin\nTel.: 030 1234567\nGeboren am 12.03.1990 in Köln",
        "Ben Roe\nNurse\n12 rue de la Paix, 75002 Paris\n01 23 45 67 89\nhttps://www.linkedin.com/in/benroe",
        "Nurse\nCalle Mayor 12, 3º B, 28013 Madrid\nTeléfono: 612 345 678\nNacionalidad: española | Estado civil: soltera",
        "Nurse\nVia Roma 12, 00184 Roma\nben@example.it\nNata il 3 maggio 1988 a Bari",
        "Nurse\nKerkstraat 12, 1017 AB Amsterdam\nben@example.nl\nGeslacht: vrouw",
        "Nurse\nDate of birth: 3 May 1988\nGender: Female\nMarital status: Married\nAge: 34\nNationality: Indian",
        "Nurse\nFemale, 34 years old, Indian, married, two children\nben@example.com",
        "Photo of Ana in the garden\nNurse\nPhoto:\n",
    ] {
        assert_eq!(
            left(&format!("{head}\nSkills\nTriage")),
            expected,
            "{head:?}"
        );
    }
}

#[test]
fn dates_of_work_amounts_and_years_stay() {
    let text = "Nurse\nExperience\n05/2011 - 06/2015 Clinic, 2011 - 2014, May 2016 to 2019-03-31\n34 years of experience, $1,200,000 and \
                12 000 000 records, 1.000.000 rows\nEducation\nBSc, Lund University, 2009 - 2012";
    assert_eq!(left(text), text);
    let blind = without(text, Titled::No, Extent::PersonAndStudies);
    assert!(blind.ends_with("BSc, Lund University"), "{blind:?}");
    assert!(blind.contains("05/2011 - 06/2015"));
}

#[test]
fn white_space_and_the_order_of_contact_lines_change_nothing() {
    let one =
        "Ana Lopez\nNurse\nana@example.com\n+44 20 7946 0958\nMadrid, Spain\nSkills\nTriage, wards";
    let other = "  Ana  Lopez \n\nNurse\n\n+44 20 7946 0958\n ana@example.com\nMadrid, Spain \n\n\nSkills\n  Triage,  wards\n";
    assert_eq!(left(one), left(other));
    assert_eq!(left(one), "Nurse\nSkills\nTriage, wards");
}

#[test]
fn a_headline_given_apart_is_no_place() {
    assert_eq!(
        without(
            "Fromager Affineur Chef\nben@example.com\nCheese",
            Titled::Apart,
            Extent::Person
        ),
        "Fromager Affineur Chef\nCheese"
    );
}

#[test]
fn a_long_text_takes_linear_time() {
    for text in [
        "Ana Lopez ".repeat(30_000),
        "12 Main, ".repeat(20_000),
        "+49 ".repeat(20_000),
        "a.b@c.de ".repeat(10_000),
    ] {
        let _ = left(&text);
    }
}

proptest::proptest! {
    #[test]
    fn stretches_lie_on_characters_in_order(
        text in "([A-Za-zé求0-9]|[ \n.,:;@+()|'’–-]|Mr |Name: |She |12 Main Street|a@b.com){0,60}"
    ) {
        let text = cut(&text, &spaces(&text));
        let mut before = 0;
        for stretch in personal(&text, Titled::No, Extent::PersonAndStudies) {
            proptest::prop_assert!(before <= stretch.start && stretch.start < stretch.end);
            proptest::prop_assert!(text.get(stretch.clone()).is_some());
            before = stretch.end;
        }
    }
}

#[test]
fn numbers_and_years_of_work_are_no_status() {
    for text in ["one", "Java Developer | 5 years", "Nurse\nTwo, three"] {
        assert!(
            personal(text, Titled::No, Extent::Person).is_empty(),
            "{text}"
        );
    }
    assert_eq!(
        left("Nurse\nMarried, two children\nWard work"),
        "Nurse\nWard work"
    );
}
