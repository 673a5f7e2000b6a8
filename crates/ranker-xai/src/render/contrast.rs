//! Two candidates against each other, as plain text.

use std::fmt;

use ranker_core::{PassageMatch, Ranked};

use super::number::{Fixed, Short, Signed, is_small};
use super::text::Line;
use crate::contrast::{Contrast, Difference, Sides};

/// The most differences that are named one by one.
const MOST: usize = 6;

/// Says in words why one candidate stands above another: which features speak for it and which for the other, the
/// greatest differences first, the requirements on which they differ, and the passages of both. Several lines.
///
/// `ranked` is the two that the contrast is of; quoted texts are treated as by [`super::text`].
#[must_use]
pub fn contrast(contrast: &Contrast, ranked: Sides<&Ranked>) -> String {
    Against { contrast, ranked }.to_string()
}

struct Against<'a> {
    contrast: &'a Contrast,
    ranked: Sides<&'a Ranked>,
}

impl fmt::Display for Against<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sides { above, below } = self.names();
        let scores = self.contrast.scores();
        let (high, low) = (Fixed(scores.above.get()), Fixed(scores.below.get()));
        let gap = Signed(self.contrast.gap());
        writeln!(
            f,
            "{above} (score {high}) above {below} (score {low}): {gap}"
        )?;
        let named = self.contrast.differences().iter().take(MOST);
        let named: Vec<&Difference> = named.filter(|one| !is_small(one.adds())).collect();
        let (for_above, for_below): (Vec<&Difference>, Vec<&Difference>) =
            named.iter().partition(|one| one.adds() > 0.0);
        self.differences(f, &above, &for_above)?;
        self.differences(f, &below, &for_below)?;
        self.rest(f, &named)?;
        self.verdicts(f)?;
        self.passages(f)
    }
}

impl Against<'_> {
    fn names(&self) -> Sides<String> {
        let ids = self.contrast.ids();
        Sides {
            above: Line(ids.above.as_str()).to_string(),
            below: Line(ids.below.as_str()).to_string(),
        }
    }

    fn differences(
        &self,
        f: &mut fmt::Formatter<'_>,
        whom: &str,
        differences: &[&Difference],
    ) -> fmt::Result {
        if differences.is_empty() {
            return Ok(());
        }
        writeln!(f, "For {whom}:")?;
        let columns = self.ranked.above.features.schema().columns();
        for one in differences {
            write!(f, "  {}  ", Signed(one.adds()))?;
            if let Some(column) = columns.iter().find(|column| column.name == one.feature) {
                write!(f, "{}: ", column.description.trim_end_matches('.'))?;
            }
            let (above, below) = (
                Short(one.values.above.into()),
                Short(one.values.below.into()),
            );
            writeln!(f, "{} = {above} against {below}", one.feature)?;
        }
        Ok(())
    }

    fn rest(&self, f: &mut fmt::Formatter<'_>, named: &[&Difference]) -> fmt::Result {
        let base = self.contrast.base();
        if !is_small(base) {
            writeln!(f, "The bases differ by {}", Signed(base))?;
        }
        let sum: f64 = named.iter().map(|one| one.adds()).sum();
        let rest = self.contrast.gap() - base - sum;
        let others = self.contrast.differences().len() - named.len();
        match is_small(rest) {
            true => Ok(()),
            false => writeln!(f, "{others} other features together: {}", Signed(rest)),
        }
    }

    fn verdicts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names();
        let mut head = "Requirements on which they differ:\n";
        for Sides { above, below } in self.contrast.verdicts() {
            let (demand, asked) = (above.requirement.demand, &above.requirement.asked);
            writeln!(f, "{head}  {}", Line(&format!("{demand}: {asked}")))?;
            for (name, one) in [(&names.above, above), (&names.below, below)] {
                write!(f, "    {name}: {}", one.verdict)?;
                let comma = if one.reason.is_empty() { "" } else { ", " };
                writeln!(f, "{comma}{}", Line(&one.reason.to_string()))?;
            }
            head = "";
        }
        Ok(())
    }

    fn passages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let job = self.ranked.above.query.job().text();
        let mut head = "Closest passages:\n";
        for passage in self.contrast.passages() {
            let Some(requirement) = job.get(passage.requirement.clone()) else {
                continue;
            };
            writeln!(f, "{head}  \"{}\"", Line(requirement))?;
            let names = self.names();
            found(
                f,
                &names.above,
                passage.found.above.as_ref(),
                self.ranked.above,
            )?;
            found(
                f,
                &names.below,
                passage.found.below.as_ref(),
                self.ranked.below,
            )?;
            head = "";
        }
        Ok(())
    }
}

/// One side's passage.
fn found(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    found: Option<&PassageMatch>,
    ranked: &Ranked,
) -> fmt::Result {
    let text = ranked.candidate.profile().text();
    let quoted = found.and_then(|found| Some((text.get(found.passage.clone())?, found.similarity)));
    match quoted {
        Some((quote, similarity)) => {
            writeln!(f, "    {name}: \"{}\" ({similarity:.2})", Line(quote))
        }
        None => writeln!(f, "    {name}: none"),
    }
}
