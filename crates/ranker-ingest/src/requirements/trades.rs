//! The trade that a title names, as verdicts take it.

use ranker_core::{Trade, trade_of, words};

/// What a title says that somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Called {
    /// One of the trades by which candidates are ranked, too.
    Of(Trade),
    /// ISCO-08 2529: those who keep computers and networks secure.
    Security,
    /// ISCO-08 2413: financial analysts.
    FinancialAnalysis,
    /// ISCO-08 2433 and 3322: sales representatives, of technical and medical things too; not those of shops.
    Sales,
    /// ISCO-08 2423: who finds people for jobs, and looks after those who have one.
    Personnel,
    /// ISCO-08 2264 and 3255: physiotherapists and their assistants.
    Physiotherapy,
    /// ISCO-08 7411 and 7412: electricians of buildings and machines.
    Electricity,
    /// ISCO-08 2330: teachers of secondary schools.
    SecondarySchool,
    /// ISCO-08 2166: designers of what is seen on screens.
    Screens,
    /// ISCO-08 1323: managers in construction.
    Construction,
    /// ISCO-08 4224 and 1411: who receives a hotel's guests.
    HotelReception,
    /// ISCO-08 1324: managers of supply, storage and distribution.
    Distribution,
    /// ISCO-08 2120, as data and language are its subject.
    DataScience,
}

/// A trade, head nouns that name it among others, and the words that must stand beside one: a word of each list.
type Beside = (
    Called,
    &'static [&'static str],
    &'static [&'static [&'static str]],
);

#[rustfmt::skip]
const BESIDE: &[Beside] = &[
    (Called::Security, &["engineer", "analyst", "specialist", "administrator", "architect", "consultant"], &[
        &["soc", "siem", "cyber", "cybersecurity", "infosec"],
    ]),
    (Called::Security, &["engineer", "analyst", "specialist", "administrator", "architect", "consultant"], &[
        &["security"], &["network", "information", "it", "cloud", "application", "computer", "data"],
    ]),
    (Called::FinancialAnalysis, &["analyst"], &[&["financial", "finance", "fp", "budget"]]),
    (Called::Sales, &["representative", "engineer", "executive"], &[&["sales", "account"]]),
    (Called::Personnel, &["recruiter", "sourcer"], &[]),
    (Called::Personnel, &[
        "specialist", "manager", "generalist", "partner", "coordinator", "consultant", "officer", "assistant", "advisor", "director",
    ], &[&["hr", "human", "recruiting", "recruitment", "talent", "staffing", "hiring", "personnel"]]),
    (Called::Physiotherapy, &["physiotherapist"], &[]),
    (Called::Physiotherapy, &["therapist", "assistant", "aide"], &[&["physical", "physiotherapy", "rehabilitation"]]),
    (Called::Electricity, &["electrician", "wireman"], &[]),
    (Called::Electricity, &["fitter", "technician", "troubleshooter", "mechanic", "installer"], &[&["electrical", "electronic", "electronics"]]),
    (Called::SecondarySchool, &["teacher"], &[&[
        "secondary", "high", "middle", "mathematics", "math", "physics", "chemistry", "biology", "history", "geography",
    ]]),
    (Called::Screens, &["designer"], &[&["ux", "ui", "user", "experience", "interaction", "interface", "web"]]),
    (Called::Construction, &["manager", "superintendent", "foreman", "director"], &[&["construction", "building", "works"]]),
    (Called::HotelReception, &["manager", "supervisor", "agent", "clerk", "lead"], &[&["front"], &["office", "desk"]]),
    (Called::HotelReception, &["manager", "supervisor", "agent", "lead"], &[&["guest"], &["services", "service", "relations"]]),
    (Called::HotelReception, &["manager", "supervisor", "receptionist", "lead"], &[&["hotel", "rooms"], &["reception", "division"]]),
    (Called::Distribution, &["manager", "supervisor", "director", "head"], &[&["warehouse", "distribution", "fulfillment", "fulfilment", "logistics"]]),
    (Called::DataScience, &["scientist"], &[&["data", "machine", "applied", "nlp", "language", "ai"]]),
];

/// Developers beside one of these are employers that build houses, or write books.
const NO_SOFTWARE: [&str; 4] = ["housing", "site", "textbook", "course"];

/// Where what somebody is called ends, and what follows says of what, or where.
const OF: [&str; 6] = ["of", "for", "in", "at", "with", "to"];

/// The trade that a title names by its head noun, or by that and a word beside it, as the International Standard
/// Classification of Occupations (ISCO-08) divides them.
pub(super) fn called(title: &str) -> Option<Called> {
    let first = title.split([',', '(', '|', ';', '–', '/']).next()?;
    let called: Vec<String> = words(first).map(|word| word.text.to_lowercase()).collect();
    let end = called.iter().position(|word| OF.contains(&word.as_str()));
    let head = called[..end.unwrap_or(called.len())].last()?;
    let head = head.strip_suffix('s').unwrap_or(head);
    let is = |names: &[&str]| called.iter().any(|word| names.contains(&word.as_str()));
    let beside =
        |(_, heads, lists): &&Beside| heads.contains(&head) && lists.iter().all(|list| is(list));
    if let Some((trade, ..)) = BESIDE.iter().find(beside) {
        return Some(*trade);
    }
    let trade = trade_of(title)?;
    let writes_none = trade == Trade::Software && is(&NO_SOFTWARE);
    (!writes_none).then_some(Called::Of(trade))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_name_a_trade() {
        use Called::{
            Distribution, FinancialAnalysis, Of, Personnel, Physiotherapy, Sales, Security,
        };
        for (title, expected) in [
            ("Cybersecurity Analyst", Some(Security)),
            ("Information Security Specialist", Some(Security)),
            ("Security Guard", None),
            ("Security Engineer", None),
            ("Senior Financial Analysts", Some(FinancialAnalysis)),
            ("FP&A Analyst", Some(FinancialAnalysis)),
            ("Laboratory Analyst", None),
            ("Medical Sales Representative", Some(Sales)),
            ("Sales Engineer for pumps", Some(Sales)),
            ("Sales Associate", None),
            ("Software Engineer", Some(Of(Trade::Software))),
            ("Housing developer", None),
            ("Talent Acquisition Partner", Some(Personnel)),
            ("Corporate Recruiter", Some(Personnel)),
            ("Human Factors Engineer", None),
            ("Outpatient Physical Therapist", Some(Physiotherapy)),
            ("Front End Lead", None),
            ("Head of Fulfillment, Regional Hub", Some(Distribution)),
            ("Elementary School Teacher", None),
            ("", None),
        ] {
            assert_eq!(called(title), expected, "{title}");
        }
    }
}
