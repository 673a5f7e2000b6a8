//! A score as a bar: what adds to it right of a line, what takes away left.

use std::fmt;

use ranker_core::{Explanation, Part};

use super::escape::Escaped;
use super::labels::{Labels, feature as called};
use super::palette::Palette;
use crate::plain_words;
use crate::render::number::Signed;

/// How far bars reach to either side; the same for all bars that are compared.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    left: f64,
    right: f64,
}

impl Scale {
    pub(super) fn new(explanations: &[&Explanation]) -> Self {
        let reach = |sign: f64| {
            let sums = explanations.iter().map(|e| {
                let sizes = e
                    .parts()
                    .iter()
                    .map(|part| (part.contribution * sign).max(0.0));
                sizes.sum::<f64>()
            });
            sums.fold(0.0, f64::max)
        };
        Self {
            left: reach(-1.0),
            right: reach(1.0),
        }
    }

    /// A length as a percentage of the bar's.
    fn percent(self, length: f64) -> f64 {
        let whole = self.left + self.right;
        if whole > 0.0 {
            100.0 * length / whole
        } else {
            0.0
        }
    }
}

/// What the colours of bars stand for.
pub(super) struct Legend<'a>(pub(super) &'a Palette<'a>, pub(super) &'static Labels);

impl fmt::Display for Legend<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<p class=\"legend\"><span>{}</span>", self.1.legend)?;
        for feature in self.0.features() {
            let colour = self.0.colour(feature);
            write!(
                f,
                " <span><i class=\"key f{colour}\"></i>{}</span>",
                called(feature, self.1.language())
            )?;
        }
        f.write_str("</p>\n")
    }
}

/// One score's bar.
pub(super) struct Bar<'a> {
    pub(super) labels: &'static Labels,
    pub(super) explanation: &'a Explanation,
    pub(super) palette: &'a Palette<'a>,
    pub(super) scale: Scale,
}

/// A picture with attributes alone: a page may forbid styles inside of its markup.
impl fmt::Display for Bar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axis = self.scale.percent(self.scale.left);
        f.write_str(
            "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        )?;
        let (mut left, mut right) = (axis, axis);
        let mut parts: Vec<&Part> = self.explanation.parts().iter().collect();
        parts.sort_by_key(|part| self.palette.colour(&part.feature)); // So that bars compare.
        for part in parts {
            let width = self.scale.percent(part.contribution.abs());
            if part.contribution < 0.0 {
                left -= width;
                self.piece(f, part, (left, width))?;
            } else if part.contribution > 0.0 {
                self.piece(f, part, (right, width))?;
                right += width;
            }
        }
        write!(f, "<path class=\"axis\" d=\"M{axis:.2} 0V8\"/></svg>")
    }
}

impl Bar<'_> {
    fn piece(
        &self,
        f: &mut fmt::Formatter<'_>,
        part: &Part,
        (left, width): (f64, f64),
    ) -> fmt::Result {
        let colour = self.palette.colour(&part.feature);
        let language = self.labels.language();
        write!(
            f,
            "<rect class=\"f{colour}\" x=\"{left:.2}\" y=\"1\" width=\"{width:.2}\" height=\"6\"><title>{} {}</title></rect>",
            Escaped(
                &plain_words::feature(&part.feature, language)
                    .unwrap_or_else(|| part.feature.clone())
            ),
            self.labels.number(Signed(part.contribution)),
        )
    }
}
