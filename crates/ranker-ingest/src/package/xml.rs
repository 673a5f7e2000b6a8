//! XML as a sequence of elements and texts, without entities of the document's own.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::error::Unreadable;
use crate::limits::Limits;

/// What reads a document's elements.
pub(super) trait Visitor {
    fn open(&mut self, element: &Element<'_>) -> Result<(), Unreadable>;
    fn close(&mut self, name: &str) -> Result<(), Unreadable>;
    fn text(&mut self, text: &str) -> Result<(), Unreadable>;
}

/// An element's name and attributes, without their namespaces' prefixes.
pub(super) struct Element<'e>(&'e BytesStart<'e>);

impl Element<'_> {
    pub(super) fn name(&self) -> &str {
        local(self.0.name().0)
    }

    /// An attribute's value; entities in it are left alone, for the values that matter have none.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.attributes();
        attributes.with_checks(false);
        let found = attributes
            .flatten()
            .find(|attribute| local(attribute.key.0) == name);
        found.map(|attribute| attribute.value.to_string())
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Reads all of it; `false` if it breaks off or breaks the rules of XML, after what came before.
pub(super) fn walk(
    xml: &str,
    limits: &Limits,
    visitor: &mut impl Visitor,
) -> Result<bool, Unreadable> {
    let mut reader = Reader::from_str(xml);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                depth += 1;
                if depth > limits.depth {
                    let limit = limits.depth;
                    return Err(Unreadable::TooDeep { limit });
                }
                visitor.open(&Element(&start))?;
            }
            Ok(Event::Empty(start)) => {
                let element = Element(&start);
                visitor.open(&element)?;
                visitor.close(element.name())?;
            }
            Ok(Event::End(end)) => {
                depth = depth.saturating_sub(1);
                visitor.close(local(end.name().0))?;
            }
            Ok(Event::Text(text)) => visitor.text(&text.xml10_content())?,
            Ok(Event::CData(text)) => visitor.text(&text.xml10_content())?,
            Ok(Event::GeneralRef(reference)) => {
                let character = reference.resolve_char_ref().ok().flatten();
                let known = character.map(String::from);
                visitor.text(&known.unwrap_or_else(|| predefined(&reference.xml10_content())))?;
            }
            Ok(Event::Eof) => return Ok(depth == 0),
            Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
            Err(_) => return Ok(false),
        }
    }
}

/// The entities that XML itself defines. Others would need the document's own definitions, which are
/// the way to make a small file expand without end, and are not read.
fn predefined(name: &str) -> String {
    let character = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    };
    character.to_owned()
}
