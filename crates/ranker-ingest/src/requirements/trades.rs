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
}

/// A trade, head nouns that name it among others, and the words that must stand beside one: a word of each list.
type Beside = (
    Called,
    &'static [&'static str],
    &'static [&'static [&'static str]],
);

#[rustfmt::skip]
const BESIDE: [Beside; 4] = [
    (Called::Security, &["engineer", "analyst", "specialist", "administrator", "architect", "consultant"], &[
        &["soc", "siem", "cyber", "cybersecurity", "infosec"],
    ]),
    (Called::Security, &["engineer", "analyst", "specialist", "administrator", "architect", "consultant"], &[
        &["security"], &["network", "information", "it", "cloud", "application", "computer", "data"],
    ]),
    (Called::FinancialAnalysis, &["analyst"], &[&["financial", "finance", "fp", "budget"]]),
    (Called::Sales, &["representative", "engineer", "executive"], &[&["sales", "account"]]),
];

/// Developers beside one of these are employers that build houses, or write books.
const NO_SOFTWARE: [&str; 4] = ["housing", "site", "textbook", "course"];

/// Where what somebody is called ends, and what follows says of what, or where.
const OF: [&str; 6] = ["of", "for", "in", "at", "with", "to"];

/// The trade that a title names by its head noun, or by that and a word beside it.
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
        use Called::{FinancialAnalysis, Of, Sales, Security};
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
            ("", None),
        ] {
            assert_eq!(called(title), expected, "{title}");
        }
    }
}
