//! Pictures of lines and words. The ground is white, so that they can be read on dark pages too.

use std::fmt::Write;

/// An SVG picture that is being drawn.
#[derive(Debug)]
pub struct Picture(String);

impl Picture {
    /// An empty picture of this width and height.
    #[must_use]
    pub fn new(width: f64, height: f64) -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
        ))
    }

    /// A line from one point to another; `more` are further attributes.
    pub fn line(&mut self, [x1, y1, x2, y2]: [f64; 4], colour: &str, more: &str) {
        self.put(format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\" {more}/>"
        ));
    }

    /// A dot.
    pub fn dot(&mut self, [x, y]: [f64; 2], radius: f64, colour: &str) {
        self.put(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{colour}\"/>"
        ));
    }

    /// Words that begin at a point. They are not escaped.
    pub fn text(&mut self, [x, y]: [f64; 2], text: &str, colour: &str) {
        self.put(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{text}</text>"
        ));
    }

    /// The picture as it is written to a file.
    #[must_use]
    pub fn end(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{element}");
    }
}
