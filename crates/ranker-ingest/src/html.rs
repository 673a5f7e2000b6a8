//! HTML: what a page shows, block by block.
//!
//! Tags need not match and may nest without end: no tree is built, so that a page costs its length.

use crate::document::{Document, Format};
use crate::error::Unreadable;
use crate::flow::{BULLET, Flow};
use crate::limits::Limits;

/// Elements whose content a page does not show.
const UNSHOWN: [&str; 9] = [
    "script", "style", "head", "template", "noscript", "svg", "iframe", "object", "select",
];

/// Elements that hold no tags: they end with their own end tag alone.
const RAW: [&str; 5] = ["script", "style", "iframe", "noscript", "title"];

/// Elements within a line; all others end it.
const INLINE: [&str; 30] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup",
    "time", "u", "var", "wbr",
];

/// Characters by name: those of HTML 4 that texts have.
const NAMED: [(&str, &str); 49] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("ndash", "–"),
    ("mdash", "—"),
    ("bull", "•"),
    ("middot", "·"),
    ("hellip", "…"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("euro", "€"),
    ("deg", "°"),
    ("szlig", "ß"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("ecirc", "ê"),
    ("euml", "ë"),
    ("agrave", "à"),
    ("aacute", "á"),
    ("acirc", "â"),
    ("aring", "å"),
    ("aelig", "æ"),
    ("ccedil", "ç"),
    ("iacute", "í"),
    ("icirc", "î"),
    ("oacute", "ó"),
    ("ocirc", "ô"),
    ("oslash", "ø"),
    ("ntilde", "ñ"),
    ("uacute", "ú"),
    ("ugrave", "ù"),
    ("Eacute", "É"),
    ("shy", "\u{ad}"),
];

/// A reference without its end within so many bytes is none.
const LONGEST_NAME: usize = 12;

/// Reads a page.
pub(crate) fn read(html: &str, limits: &Limits) -> Result<Document, Unreadable> {
    let mut page = Page {
        flow: Flow::new(limits.text),
        unshown: None,
        space: false,
    };
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        page.text(&rest[..at])?;
        rest = match markup(&rest[at..]) {
            Markup::Tag { tag, after } => {
                page.tag(&tag)?;
                skip_raw(&tag, after)
            }
            Markup::Nothing { after } => after,
            Markup::Text => {
                page.text("<")?;
                &rest[at + 1..]
            }
        };
    }
    page.text(rest)?;
    Ok(Document::new(Format::Html, page.flow.finish()))
}

/// A tag's name in lower case.
struct Tag {
    name: String,
    opens: bool,
    closes: bool,
}

/// What a `<` begins.
enum Markup<'h> {
    Tag {
        tag: Tag,
        after: &'h str,
    },
    /// A comment or declaration.
    Nothing {
        after: &'h str,
    },
    /// A character.
    Text,
}

fn markup(html: &str) -> Markup<'_> {
    if let Some(comment) = html.strip_prefix("<!--") {
        let after = comment.split_once("-->").map_or("", |(_, after)| after);
        return Markup::Nothing { after };
    }
    if html.starts_with("<!") || html.starts_with("<?") {
        let after = html.split_once('>').map_or("", |(_, after)| after);
        return Markup::Nothing { after };
    }
    let (inner, ends) = match html.strip_prefix("</") {
        Some(inner) => (inner, true),
        None => (&html[1..], false),
    };
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Markup::Text;
    }
    let length = inner.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
    let name = inner[..length.unwrap_or(inner.len())].to_ascii_lowercase();
    let end = tag_end(inner);
    let empty = inner[..end].ends_with('/');
    let tag = Tag {
        name,
        opens: !ends && !empty,
        closes: ends,
    };
    let after = inner.get(end + 1..).unwrap_or_default();
    Markup::Tag { tag, after }
}

/// Where the tag's `>` is: one within quotes is part of a value.
fn tag_end(inner: &str) -> usize {
    let mut quote = None;
    for (at, byte) in inner.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if byte == open => quote = None,
            _ => {}
        }
    }
    inner.len()
}

/// What follows an element that holds no tags; of other elements, what follows the tag.
fn skip_raw<'h>(tag: &Tag, after: &'h str) -> &'h str {
    if !tag.opens || !RAW.contains(&tag.name.as_str()) {
        return after;
    }
    let is_end = |at: &usize| {
        let rest = &after.as_bytes()[at + 2..];
        let name = rest.get(..tag.name.len()).unwrap_or_default();
        name.eq_ignore_ascii_case(tag.name.as_bytes())
    };
    let end = after.match_indices("</").map(|(at, _)| at).find(is_end);
    end.map_or("", |end| &after[end..])
}

struct Page {
    flow: Flow,
    /// The element that is not shown, and how many of its kind are open.
    unshown: Option<(String, usize)>,
    /// Whether a space stands before the next word.
    space: bool,
}

impl Page {
    fn tag(&mut self, tag: &Tag) -> Result<(), Unreadable> {
        let name = tag.name.as_str();
        if let Some((unshown, open)) = &mut self.unshown {
            if name == unshown {
                *open = if tag.opens {
                    *open + 1
                } else {
                    open.saturating_sub(1)
                };
            }
            // A page whose head has no end still has a body.
            if *open == 0 || (unshown == "head" && name == "body") {
                self.unshown = None;
            }
            return Ok(());
        }
        if tag.opens && UNSHOWN.contains(&name) {
            self.unshown = Some((name.to_owned(), 1));
            return Ok(());
        }
        match name {
            "td" | "th" if tag.closes => {
                self.space = false;
                self.flow.text("\t")
            }
            "td" | "th" => Ok(()),
            "p" | "div" if self.flow.line_is(BULLET) => Ok(()),
            "li" if tag.opens => {
                self.flow.line()?;
                self.space = false;
                self.flow.text(BULLET)
            }
            name if INLINE.contains(&name) => Ok(()),
            _ => {
                self.space = false;
                self.flow.line()
            }
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Unreadable> {
        if self.unshown.is_some() {
            return Ok(());
        }
        let white = |c: char| c.is_ascii_whitespace();
        for word in text.split_inclusive(white) {
            let bare = word.trim_end_matches(white);
            if !bare.is_empty() {
                if self.space && !self.flow.at_start() {
                    self.flow.text(" ")?;
                }
                self.space = false;
                self.flow.text(&resolved(bare))?;
            }
            self.space |= bare.len() < word.len();
        }
        Ok(())
    }
}

/// A word with its character references resolved; what is none stays as it is.
fn resolved(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest
            .bytes()
            .take(LONGEST_NAME)
            .position(|byte| byte == b';');
        match end.and_then(|end| Some((character(&rest[..end])?, &rest[end + 1..]))) {
            Some((character, after)) => {
                text.push_str(&character);
                rest = after;
            }
            None => text.push('&'),
        }
    }
    text.push_str(rest);
    text
}

fn character(name: &str) -> Option<String> {
    let number = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        },
        None => {
            let named = NAMED.iter().find(|(known, _)| *known == name);
            return named.map(|(_, character)| (*character).to_owned());
        }
    };
    number.and_then(char::from_u32).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        read(html, &Limits::default()).unwrap().text
    }

    #[test]
    fn shows_what_a_page_shows() {
        let page = "<!doctype html><html><head><title>CV</title><style>p > a {}</style></head><body>\
            <h1 title='a > b'>Ana  Doe</h1><p>Engineer,\n <b>Rust</b> &amp; C++&nbsp;&eacute; a < b &x;</p>\
            <!-- <p>no</p> --><script>var x = a<b && '<p>no</p>';</script><ul><li>one<li><p>two</p></ul>\
            <table><tr><td>2019</td><td>Lyon &#8211; &#x41;</td></tr></table>";
        assert_eq!(
            text(page),
            "Ana Doe\nEngineer, Rust & C++ é a < b &x;\n• one\n• two\n2019\tLyon – A"
        );
    }

    #[test]
    fn deep_nesting_and_broken_tags_cost_nothing() {
        let deep = "<div>".repeat(200_000) + "deep";
        assert_eq!(text(&deep), "deep");
        assert_eq!(text("<script>never closed"), "");
        assert_eq!(text("a<!-- never closed"), "a");
        assert_eq!(text("a<p title='never closed"), "a");
        assert_eq!(text("<"), "<");
    }
}
