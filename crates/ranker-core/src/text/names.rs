//! Names that are written with signs, or in several ways, and the one spelling of each.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A name's one spelling, then the other ways to write it, in lower case. A space stands for a space
/// or a hyphen.
const NAMES: &[&[&str]] = &[
    &[".net", "dotnet", "dot net"],
    &["asp.net", "asp net"],
    &["vb.net", "vb net"],
    &["ado.net", "ado net"],
    &["ml.net"],
    &["c++", "cpp"],
    &["c#", "csharp", "c sharp"],
    &["f#", "fsharp", "f sharp"],
    &["objective-c", "objective c", "objectivec", "obj c"],
    &["ci/cd", "ci / cd", "cicd", "ci cd", "ci & cd"],
    &["r&d", "r & d", "r and d"],
    &["node.js", "nodejs", "node js"],
    &["react", "react.js", "reactjs", "react js"],
    &["vue.js", "vuejs", "vue js", "vue"],
    &["angular.js", "angularjs", "angular js"],
    &["next.js", "nextjs", "next js"],
    &["nuxt.js", "nuxtjs", "nuxt js"],
    &["nest.js", "nestjs", "nest js"],
    &["express.js", "expressjs", "express js"],
    &["ember.js", "emberjs", "ember js"],
    &["backbone.js", "backbonejs", "backbone js"],
    &["three.js", "threejs"],
    &["d3.js", "d3js"],
    &["socket.io", "socketio"],
    &["javascript", "java script", "js"],
    &["typescript", "type script"],
    &["golang", "go lang"],
    &["postgresql", "postgres", "postgre sql"],
    &["mongodb", "mongo db", "mongo"],
    &["dynamodb", "dynamo db"],
    &["elasticsearch", "elastic search"],
    &["kubernetes", "k8s"],
    &["rabbitmq", "rabbit mq"],
    &["scikit-learn", "scikit learn", "sklearn"],
    &["pytorch", "py torch"],
    &["tensorflow", "tensor flow"],
    &["powerbi", "power bi"],
    &["powershell", "power shell"],
    &["github", "git hub"],
    &["gitlab", "git lab"],
    &["devops", "dev ops"],
    &["frontend", "front end"],
    &["backend", "back end"],
    &["fullstack", "full stack"],
    &["ecommerce", "e commerce"],
    &["email", "e mail"],
    &["graphql", "graph ql"],
    &["macos", "mac os", "mac os x", "os x"],
    &["wordpress", "word press"],
];

/// Names that are words or letters too, and the spelling that only the name has.
const ALSO_WORDS: [(&str, &str); 3] = [("go", "golang"), ("r", "r-language"), ("c", "c-language")];

/// What stands after a name of a programming language and shows that it is one.
const CRAFTS: [&str; 14] = [
    "developer",
    "developers",
    "engineer",
    "engineers",
    "programmer",
    "programmers",
    "programming",
    "language",
    "lang",
    "microservices",
    "compiler",
    "package",
    "packages",
    "codebase",
];

/// What stands after "Go" in a sentence or headline where it is no language.
const GOING: [&str; 15] = [
    "above", "ahead", "back", "beyond", "big", "for", "further", "green", "home", "into", "live",
    "local", "on", "out", "to",
];

/// What stands before a letter that is no language.
const LETTERED: [&str; 15] = [
    "vitamin",
    "hepatitis",
    "series",
    "class",
    "grade",
    "category",
    "plan",
    "section",
    "type",
    "schedule",
    "level",
    "appendix",
    "division",
    "exhibit",
    "part",
];

/// A way to write a name, in lower case, and the name.
type Way = (&'static str, &'static str);

/// The ways to write names, by their first letter, the longest first.
static WAYS: LazyLock<HashMap<char, Vec<Way>>> = LazyLock::new(|| {
    let mut ways: HashMap<char, Vec<Way>> = HashMap::new();
    for name in NAMES {
        for way in *name {
            let first = way.chars().next().into_iter();
            first.for_each(|first| ways.entry(first).or_default().push((way, name[0])));
        }
    }
    for of_letter in ways.values_mut() {
        of_letter.sort_by_key(|(way, _)| std::cmp::Reverse(way.len()));
    }
    ways
});

/// The one spelling of a text in lower case that is a name as a whole.
pub(super) fn whole(text: &str) -> Option<&'static str> {
    let also = ALSO_WORDS.iter().find(|(word, _)| *word == text);
    also.map(|(_, name)| *name).or_else(|| {
        let (length, name) = begins(text)?;
        (length == text.len()).then_some(name)
    })
}

/// The name that a text begins with, and the bytes that it takes.
pub(super) fn begins(text: &str) -> Option<(usize, &'static str)> {
    let first = text.chars().next()?.to_ascii_lowercase();
    let ways = WAYS.get(&first)?;
    let found = ways
        .iter()
        .find_map(|&(way, name)| Some((length_of(way, text)?, name)));
    found.filter(|&(length, _)| ends_there(&text[..length], &text[length..]))
}

/// How many bytes a way to write a name takes at the start of a text, if it stands there.
fn length_of(way: &str, text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let matches = way.bytes().enumerate().all(|(at, wanted)| {
        bytes.get(at).is_some_and(|have| match wanted {
            b' ' => matches!(have, b' ' | b'-'),
            _ => have.eq_ignore_ascii_case(&wanted),
        })
    });
    matches.then_some(way.len())
}

/// Whether a name ends before this rest of the text: C++17 is C++, and JSON is not JS.
fn ends_there(name: &str, rest: &str) -> bool {
    let versioned = name.ends_with(['+', '#']) || name.to_ascii_lowercase().ends_with("net");
    match rest.chars().next() {
        None => true,
        Some(c) if c.is_ascii_digit() => versioned,
        Some('+' | '#') => false,
        Some(c) => !c.is_alphanumeric(),
    }
}

/// The name that a word (a run of letters) is at this place, where it may be a word as well: "Go" in
/// a list or before "developer", but not in "Go-getter" or "to go".
pub(super) fn in_context(before: &str, word: &str, after: &str) -> Option<&'static str> {
    let (_, name) = ALSO_WORDS
        .iter()
        .find(|(also, _)| word.eq_ignore_ascii_case(also))?;
    Place::of(before, after).is_name(word).then_some(name)
}

/// What stands around a word.
struct Place<'t> {
    /// The sign or letter before the word, spaces aside; `None` where a line begins.
    left: Option<char>,
    /// That after it; `None` where a line ends.
    right: Option<char>,
    /// Whether something stands before or after it without a space.
    touches: (Option<char>, Option<char>),
    before: &'t str,
    next: &'t str,
}

impl<'t> Place<'t> {
    /// Reads no further than `NEAR` bytes: a line may be a whole book.
    fn of(before: &'t str, after: &'t str) -> Self {
        const NEAR: usize = 60;
        let before = &before[before.ceil_char_boundary(before.len().saturating_sub(NEAR))..];
        let after = &after[..after.floor_char_boundary(NEAR)];
        let line = before.rsplit('\n').next().unwrap_or_default();
        let rest = after.split('\n').next().unwrap_or_default();
        Self {
            left: line.trim_end().chars().next_back(),
            right: rest.trim_start().chars().next(),
            touches: (line.chars().next_back(), rest.chars().next()),
            before: word_at_end(line),
            next: word_at_start(rest.trim_start_matches([' ', '.'])),
        }
    }

    fn is_name(&self, word: &str) -> bool {
        if CRAFTS.contains(&self.next.to_ascii_lowercase().as_str()) && self.touches.1 == Some(' ')
        {
            return true;
        }
        if matches!(self.touches.0, Some('-' | '\'' | '’' | '.' | '&' | '+'))
            || matches!(self.touches.1, Some('-' | '\'' | '’' | '&' | '+'))
        {
            return false;
        }
        if is_edge(self.left) && is_edge(self.right) {
            return true;
        }
        let capital = word.starts_with(|c: char| c.is_ascii_uppercase());
        capital
            && match word.len() {
                1 => self.is_single_letter_name(),
                _ => !word.ends_with('O') && self.is_go(),
            }
    }

    /// "in R," but not "John R. Smith" and not "vitamin C".
    fn is_single_letter_name(&self) -> bool {
        let capital = |word: &str| word.starts_with(char::is_uppercase);
        let part_of_person = (capital(self.before) || self.left.is_none()) && capital(self.next);
        let lettered = LETTERED.contains(&self.before.to_ascii_lowercase().as_str());
        !part_of_person && !lettered && self.right != Some('&')
    }

    /// "services in Go" but not "Go above and beyond", "Go live".
    fn is_go(&self) -> bool {
        let inside = self
            .left
            .is_some_and(|c| c.is_alphanumeric() || is_list_mark(c));
        inside && !GOING.contains(&self.next.to_ascii_lowercase().as_str())
    }
}

/// Whether an item of a list may end at this sign; nothing is where a line ends.
fn is_edge(c: Option<char>) -> bool {
    c.is_none_or(is_list_mark)
}

fn is_list_mark(c: char) -> bool {
    matches!(
        c,
        ',' | ';'
            | '/'
            | '|'
            | '('
            | ')'
            | ':'
            | '*'
            | '-'
            | '–'
            | '—'
            | '•'
            | '·'
            | '▪'
            | '●'
            | '、'
            | '，'
    )
}

fn word_at_end(text: &str) -> &str {
    let text = text.trim_end_matches(' ');
    let start = text.trim_end_matches(char::is_alphanumeric).len();
    &text[start..]
}

fn word_at_start(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric());
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_leads_to_one_name() {
        let mut seen = HashMap::new();
        for name in NAMES {
            for way in *name {
                assert_eq!(whole(way), Some(name[0]), "{way}");
                assert!(seen.insert(way, name[0]).is_none(), "{way} twice");
                assert!(!way.chars().any(char::is_uppercase));
            }
        }
        for (word, name) in ALSO_WORDS {
            assert_eq!(whole(word), Some(name));
        }
        assert_eq!(whole("net"), None);
        assert_eq!(whole("json"), None);
    }
}
