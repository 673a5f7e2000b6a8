//! HTML: what a page shows, block by block.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use crate::document::{Document, Format};
use crate::error::Unreadable;
use crate::flow::{BULLET, Flow};
use crate::limits::Limits;

/// Elements whose content a page does not show.
const UNSHOWN: [&str; 9] = [
    "script", "style", "head", "template", "noscript", "svg", "iframe", "object", "select",
];

/// Elements within a line; all others end it.
const INLINE: [&str; 30] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup",
    "time", "u", "var", "wbr",
];

/// Reads a page. Tags need not match and may nest without end: no tree is built.
pub(crate) fn read(html: &str, limits: &Limits) -> Result<Document, Unreadable> {
    let page = Page {
        state: RefCell::new(State {
            flow: Flow::new(limits.text),
            unshown: None,
            space: false,
            failed: None,
        }),
    };
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(page, TokenizerOpts::default());
    while !input.is_empty() {
        // A script ends a feed; nothing is run, and the rest is fed again.
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
    let state = tokenizer.sink.state.into_inner();
    match state.failed {
        Some(error) => Err(error),
        None => Ok(Document::new(Format::Html, state.flow.finish())),
    }
}

struct Page {
    state: RefCell<State>,
}

struct State {
    flow: Flow,
    /// The element that is not shown, and how many of its kind are open.
    unshown: Option<(String, usize)>,
    /// Whether a space stands before the next word.
    space: bool,
    failed: Option<Unreadable>,
}

impl TokenSink for Page {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.state.borrow_mut();
        let mut raw = TokenSinkResult::Continue;
        let read = match token {
            Token::TagToken(tag) => {
                raw = content_of(&tag);
                state.tag(&tag)
            }
            Token::CharacterTokens(text) => state.text(&text),
            _ => Ok(()),
        };
        if let Err(error) = read {
            state.failed.get_or_insert(error);
        }
        raw
    }
}

/// How the tokenizer reads on: there are no tags within a script.
fn content_of(tag: &Tag) -> TokenSinkResult<()> {
    let name: &str = &tag.name;
    match name {
        _ if tag.kind == TagKind::EndTag => TokenSinkResult::Continue,
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "iframe" | "noscript" | "xmp" => TokenSinkResult::RawData(RawKind::Rawtext),
        "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
        _ => TokenSinkResult::Continue,
    }
}

impl State {
    fn tag(&mut self, tag: &Tag) -> Result<(), Unreadable> {
        let name: &str = &tag.name;
        let opens = tag.kind == TagKind::StartTag && !tag.self_closing;
        if let Some((unshown, open)) = &mut self.unshown {
            if name == unshown {
                *open = if opens { *open + 1 } else { open.saturating_sub(1) };
            }
            // A page without an end of its head still has a body.
            if *open == 0 || (unshown == "head" && name == "body") {
                self.unshown = None;
            }
            return Ok(());
        }
        if opens && UNSHOWN.contains(&name) {
            self.unshown = Some((name.to_owned(), 1));
            return Ok(());
        }
        match name {
            "td" | "th" if tag.kind == TagKind::EndTag => self.flow.text("\t"),
            "td" | "th" => Ok(()),
            "p" | "div" if self.in_cell_start() => Ok(()),
            "li" if opens => {
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

    /// Whether nothing but a bullet stands on the line.
    fn in_cell_start(&self) -> bool {
        self.flow.line_is(BULLET)
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
                self.flow.text(bare)?;
            }
            self.space |= bare.len() < word.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        read(html, &Limits::default()).unwrap().text
    }

    #[test]
    fn shows_what_a_page_shows() {
        let page = "<!doctype html><html><head><title>CV</title><style>p {}</style></head><body>\
            <h1>Ana  Doe</h1><p>Engineer,\n <b>Rust</b> &amp; C++&nbsp;&eacute;</p>\
            <script>var x = '<p>no</p>';</script><ul><li>one<li><p>two</p></ul>\
            <table><tr><td>2019</td><td>Lyon</td></tr></table>";
        assert_eq!(
            text(page),
            "Ana Doe\nEngineer, Rust & C++ é\n• one\n• two\n2019\tLyon"
        );
    }

    #[test]
    fn deep_nesting_costs_nothing() {
        let deep = "<div>".repeat(200_000) + "deep";
        assert_eq!(text(&deep), "deep");
        assert_eq!(text("<script>never closed"), "");
    }
}
