//! What a part of a job asks for by name, told by how it is written and where it stands, whether or not a table knows it.
//!
//! Read are lists after an introduction ("experience with Terraform, dbt and Airflow"), lists that are nothing but names, and, under
//! a heading for what is required, whatever only a name can be ("HACCP", "ISO 9001", "C#"). A word that is written like others
//! ("communication", "Leadership") names nothing.

use std::ops::Range;

use super::acronyms::acronym;
use super::forms::{Form, Token, is_german_noun, is_ordinary, tokens};
use super::introduced::{Trust, introduces, joined_name, stands_behind};
use super::parts::Part;

/// What is asked by name: what it is called, by any of these, and where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub(super) names: Vec<String>,
    /// Bytes of the part.
    pub(super) at: Range<usize>,
}

/// What is known of the text in which a name is looked for.
#[derive(Debug, Clone, Copy)]
struct Looking<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    /// Whether nouns have capitals.
    german: bool,
}

/// The longest name and the longest list, in words.
const LONGEST: usize = 7;
const LIST: usize = 60;

/// Before the first name of a list may stand so many words: "the common".
const SKIPPED: usize = 3;

/// The names of a part, in order; `known` are the places of skills that a taxonomy knows, `german` whether nouns have capitals.
pub(super) fn named(part: &Part<'_>, known: &[Range<usize>], german: bool) -> Vec<Named> {
    let tokens = tokens(part.text);
    if is_shouted(part.text) {
        return Vec::new();
    }
    let looking = Looking {
        text: part.text,
        tokens: &tokens,
        german,
    };
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if let Some(trust) = introduces(&tokens, at) {
            looking.list(at + 1, trust, known, &mut found);
        }
        looking.behind(at, &mut found);
    }
    if found.is_empty() {
        looking.nothing_but_names(known, &mut found);
    }
    if part.point && part.headed {
        looking.sure(&mut found);
    }
    without_overlaps(found)
}

/// Whether a text is in capitals throughout: then they tell nothing.
fn is_shouted(text: &str) -> bool {
    let small = text.chars().filter(|c| c.is_lowercase()).count();
    let large = text.chars().filter(|c| c.is_uppercase()).count();
    large > 12 && large > 3 * small
}

/// In order, the longer of two that overlap.
fn without_overlaps(mut found: Vec<Named>) -> Vec<Named> {
    found.sort_by_key(|named| (named.at.start, std::cmp::Reverse(named.at.end)));
    let mut kept: Vec<Named> = Vec::new();
    for named in found {
        match kept.last() {
            Some(last) if last.at.end > named.at.start => {}
            _ => kept.push(named),
        }
    }
    kept
}

/// Words that join the items of a list.
const JOINING: [&str; 16] = [
    "and", "or", "und", "oder", "et", "ou", "y", "o", "e", "en", "of", "sowie", "bzw", "and/or",
    "&", "+",
];

/// Words after which a list has ended: what follows tells where, whose or why.
#[rustfmt::skip]
const LEAVING: [&str; 32] = [
    "in", "at", "for", "from", "to", "we", "you", "who", "that", "which", "is", "are", "will", "have", "has", "our", "your", "their", "on", "by",
    "für", "bei", "auf", "aus", "ist", "sind", "wir", "du", "pour", "dans", "para", "per",
];

impl<'a> Looking<'a> {
    /// The list that begins at a token, up to what cannot be an item of one.
    fn list(&self, start: usize, trust: Trust, known: &[Range<usize>], found: &mut Vec<Named>) {
        let mut items = Vec::new();
        for item in self.items(start) {
            let leaves = self.tokens[item.clone()]
                .iter()
                .any(|token| LEAVING.contains(&token.text));
            items.push(item);
            if leaves {
                break;
            }
        }
        // A German noun is taken for a name beside one that is sure.
        let sure = items.iter().any(|item| self.is_sure(item, known));
        let capitals = trust == Trust::Capitals && (!self.german || sure);
        for item in items {
            let tokens = &self.tokens[item.clone()];
            let before = tokens.iter().take_while(|token| !token.in_name()).count();
            let leaves = tokens[..before]
                .iter()
                .any(|token| LEAVING.contains(&token.text));
            if before <= SKIPPED && !leaves {
                found.extend(self.name(item, capitals));
            } else if let Some(acronym) = acronym(self.tokens, item) {
                found.push(acronym);
            }
        }
    }

    /// The items from a token on: what stands between commas, brackets and words that join.
    fn items(&self, start: usize) -> Vec<Range<usize>> {
        let mut items = Vec::new();
        let mut from = start;
        let end = self.tokens.len().min(start + LIST);
        for at in start..end {
            let token = &self.tokens[at];
            let joins = JOINING.contains(&token.lower().as_str());
            if joins || token.opens {
                items.push(from..at);
                from = at + usize::from(joins);
            }
            if token.ends.is_some() && !joins {
                items.push(from..at + 1);
                from = at + 1;
            }
        }
        items.push(from.min(end)..end);
        items.retain(|item| !item.is_empty());
        items
    }

    fn is_sure(&self, item: &Range<usize>, known: &[Range<usize>]) -> bool {
        self.tokens[item.clone()].iter().any(|token| {
            token.form == Form::Sure || known.iter().any(|known| known.contains(&token.at.start))
        })
    }

    /// The name that stands directly before "experience" and its like, or is joined to its German word.
    fn behind(&self, at: usize, found: &mut Vec<Named>) {
        let token = &self.tokens[at];
        if let Some(length) = joined_name(token.text) {
            let name = &token.text[..length];
            let form = super::forms::tokens(name).first().map(|token| token.form);
            let ordinary = is_german_noun(&name.to_lowercase());
            if form == Some(Form::Sure) || (form == Some(Form::Capital) && !ordinary) {
                found.push(Named {
                    names: vec![name.to_owned()],
                    at: token.at.start..token.at.start + length,
                });
            }
        }
        if !stands_behind(token) {
            return;
        }
        let run = self.tokens[..at].iter().rev();
        let run = run
            .take_while(|token| token.in_name() && token.ends.is_none())
            .count();
        // The first word has a capital in any case.
        let start = (at - run).max(1);
        if start < at && !self.german {
            found.extend(self.name(start..at, true));
        }
    }

    /// A part that is a list of names and nothing else: three at least, most of them written like names, two of them surely.
    fn nothing_but_names(&self, known: &[Range<usize>], found: &mut Vec<Named>) {
        let items = self.items(0);
        let names: Vec<Option<Named>> = items
            .iter()
            .map(|item| {
                let tokens = &self.tokens[item.clone()];
                let whole = tokens.iter().all(Token::in_name);
                let named = self.name(item.clone(), whole && !self.german);
                named.filter(|_| tokens[0].form != Form::Other)
            })
            .collect();
        let sure = items
            .iter()
            .filter(|item| self.is_sure(item, known))
            .count();
        let count = names.iter().flatten().count();
        if items.len() >= 3 && sure >= 2 && count * 10 >= items.len() * 6 {
            found.extend(names.into_iter().flatten());
        }
    }

    /// Whatever only a name can be.
    fn sure(&self, found: &mut Vec<Named>) {
        for item in self.items(0) {
            let mut from = item.start;
            while from < item.end {
                let rest = &self.tokens[from..item.end];
                let Some(first) = rest.iter().position(Token::in_name) else {
                    break;
                };
                let run = rest[first..]
                    .iter()
                    .take_while(|token| token.in_name())
                    .count();
                let run = from + first..from + first + run;
                found.extend(self.name(run.clone(), false));
                from = run.end;
            }
        }
    }

    /// The name that an item has: its first run of words that may be one, without ordinary words at either end.
    fn name(&self, item: Range<usize>, capitals: bool) -> Option<Named> {
        if let Some(acronym) = acronym(self.tokens, item.clone()) {
            return Some(acronym);
        }
        let tokens = &self.tokens[item.clone()];
        let first = tokens.iter().position(Token::in_name)?;
        let run = tokens[first..]
            .iter()
            .take_while(|token| token.in_name())
            .count();
        let mut run = &tokens[first..first + run];
        let ordinary = |token: &Token<'_>| {
            let lower = token.lower();
            token.form == Form::Capital
                && (is_ordinary(&lower) || (self.german && is_german_noun(&lower)))
        };
        // The first word of a part has a capital in any case: it counts within a list of names alone.
        let opens = item.start + first == 0 && !capitals;
        while let [one, rest @ ..] = run
            && (ordinary(one)
                || one.form == Form::Number
                || (opens && one.form == Form::Capital && one.at == tokens[first].at))
        {
            run = rest;
        }
        while let [rest @ .., last] = run
            && ordinary(last)
            && (rest.is_empty() || !rest.iter().any(|token| token.form == Form::Capital))
        {
            run = rest;
        }
        let sure = run.iter().any(|token| token.form == Form::Sure);
        if run.is_empty() || run.len() > LONGEST || !(sure || capitals) {
            return None;
        }
        // "Adobe Systems Adobe Acrobat": who makes it, and what it is called.
        let again = run.iter().rposition(|token| token.text == run[0].text)?;
        let run = if again + 1 < run.len() {
            &run[again..]
        } else {
            run
        };
        let [one, .., last] = run else {
            return Some(self.called(run[0].at.clone(), self.short(&run[0])));
        };
        Some(self.called(one.at.start..last.at.end, None))
    }

    fn called(&self, at: Range<usize>, short: Option<&str>) -> Named {
        let name = short.unwrap_or(&self.text[at.clone()]);
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        // "LLMs" are asked as LLM.
        let acronym = name
            .strip_suffix('s')
            .filter(|one| one.len() > 1 && one.chars().all(char::is_uppercase));
        let name = acronym.unwrap_or(&name).to_owned();
        Named {
            names: vec![name],
            at,
        }
    }

    /// The name in a German compound: "CNC" of "CNC-Maschinen".
    fn short(&self, token: &Token<'a>) -> Option<&'a str> {
        let (first, rest) = token.text.split_once('-')?;
        let plain = rest.chars().all(|c| c.is_lowercase() || c == '-')
            || (rest.starts_with(char::is_uppercase)
                && rest.chars().skip(1).all(|c| c.is_lowercase() || c == '-'));
        let name = first.chars().count() > 2
            && first
                .chars()
                .all(|c| c.is_uppercase() || c.is_ascii_digit());
        (name && plain && rest.chars().count() > 3).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirements::parts::parts;

    /// The names of a text without and with a heading for what is required.
    fn read(text: &str) -> Vec<String> {
        let german = text.contains(['ä', 'ü']) || text.contains("nntnis") || text.contains("rfahr");
        let mut found = Vec::new();
        for part in parts(text) {
            found.extend(
                named(&part, &[], german)
                    .into_iter()
                    .map(|named| named.names.join("|")),
            );
        }
        found
    }

    #[test]
    fn lists_are_read_by_their_introductions() {
        for (text, expected) in [
            (
                "Experience with Terraform, dbt and Airflow",
                "Terraform dbt Airflow",
            ),
            ("You know SAP FI/CO", "SAP FI/CO"),
            (
                "Sound knowledge of HACCP, ISO 9001 and the common tools",
                "HACCP ISO 9001",
            ),
            (
                "proficient in C#, .NET and Power BI for our clients in London",
                "C# .NET Power BI",
            ),
            (
                "Kenntnisse in Terraform, SAP FI/CO und Buchhaltung",
                "Terraform SAP FI/CO",
            ),
            (
                "Gute SAP-Kenntnisse, Excel-Kenntnisse und IT-Kenntnisse",
                "SAP Excel",
            ),
            ("Erfahrung mit CNC-Maschinen und Menschen", "CNC"),
            ("Experiencia con Figma y AutoCAD", "Figma AutoCAD"),
            ("Maîtrise de Sage X3 et Odoo", "Sage X3 Odoo"),
            ("Tech stack: Kotlin, gRPC, Kafka", "Kotlin gRPC Kafka"),
            ("Three years of Terraform experience", "Terraform"),
            (
                "Working knowledge of a Customer Data Platform (CDP)",
                "CDP|Customer Data Platform",
            ),
        ] {
            assert_eq!(read(&format!("- {text}")).join(" "), expected, "{text}");
            assert_eq!(read(&format!("{text}.")).join(" "), expected, "{text}.");
        }
    }

    #[test]
    fn what_is_vague_names_nothing() {
        for text in [
            "Good communication, leadership and teamwork",
            "Communication, Leadership, Problem Solving, Time Management",
            "Experience with customers, children and difficult conversations",
            "Knowledge of German law and EU regulations",
            "Experience in London, Paris and Berlin",
            "Excellent Customer Service Skills",
            "Previous retail experience",
            "Erfahrung mit Menschen und Kunden",
            "Kenntnisse in Buchhaltung, Controlling und Steuerrecht",
            "Fluent in English and French, B2 at least",
            "BSc or PhD, 24/7 shifts, 40h a week",
            "MUST HAVE A VALID DRIVING LICENSE AND OWN CAR",
            "We sell pumps. Our clients are Siemens and Bosch",
            "",
        ] {
            assert_eq!(read(text), [""; 0], "{text}");
            let headed = format!("Requirements\n- {text}");
            let headed = read(&headed).join(" ");
            assert!(["", "BSc"].contains(&headed.as_str()), "{text}: {headed}");
        }
    }

    #[test]
    fn a_list_of_nothing_but_names_is_one() {
        assert_eq!(
            read(
                "Adobe Systems Adobe Acrobat, Brainworks, macOS, Amazon Elastic Compute Cloud EC2, Database software"
            ),
            [
                "Adobe Acrobat",
                "Brainworks",
                "macOS",
                "EC2|Elastic Compute Cloud|Amazon EC2"
            ]
        );
        assert_eq!(read("Meet Anna, Berta, Clara"), [""; 0]);
    }

    #[test]
    fn under_a_heading_what_only_a_name_can_be_is_read() {
        assert_eq!(
            read(
                "Requirements\n- Sound grasp of HACCP and hygiene\n- Services that speak gRPC\n- Patience\n- ISO 9001"
            ),
            ["HACCP", "gRPC", "ISO 9001"]
        );
    }

    #[test]
    fn places_lie_in_the_text() {
        for text in [
            "Erfahrung mit „SAP-ÖPNV“, „Ü3“ (Ä€)",
            "knowledge of Éclair’s, \u{a0}X1/ / 中文A1",
            "(EC2 S9 (X5",
        ] {
            for part in parts(text) {
                for named in named(&part, &[], false) {
                    assert!(part.text.get(named.at).is_some());
                }
            }
        }
    }
}
