//! What every page begins and ends with.

use std::fmt;

use super::escape::Escaped;

/// Up to the content of a page in the language of this tag: no script is allowed, and nothing is loaded.
pub(super) fn begin(f: &mut fmt::Formatter<'_>, (title, tag): (&str, &str)) -> fmt::Result {
    write!(
        f,
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
        Escaped(title),
        super::STYLE,
    )
}

/// After the page's content.
pub(super) fn end(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("</main>\n</body>\n</html>\n")
}
