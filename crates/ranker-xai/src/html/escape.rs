//! Foreign text inside of markup.

use std::fmt::{self, Write as _};

use crate::render::shown;

/// A foreign text as the content of an element or a quoted attribute: markup is escaped; control characters, and those
/// that turn the direction of writing, are replaced.
///
/// ```
/// use ranker_xai::html::Escaped;
///
/// assert_eq!(Escaped("<b> & \u{202e}c").to_string(), "&lt;b&gt; &amp; \u{fffd}c");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(shown(c))?,
            }
        }
        Ok(())
    }
}
