//! MRR against grades, as a picture.

use ranker_examples::Picture;

use crate::measure::{Measured, Point};
use crate::report::named;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 90.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 50.0;

/// The curve with its 95 % intervals, one step a point, and the methods alone as lines.
pub(crate) fn svg(measured: &Measured, points: &[Point]) -> String {
    let scale = Scale::over(measured, points);
    let mut svg = Picture::new(WIDTH, HEIGHT);
    axes(&mut svg, &scale, points);
    alone(&mut svg, &scale, measured);
    let places: Vec<(f64, &Point)> = (0..).map(|at| scale.x(at)).zip(points).collect();
    for pair in places.windows(2) {
        let ends = [
            pair[0].0,
            scale.y(pair[0].1.mrr),
            pair[1].0,
            scale.y(pair[1].1.mrr),
        ];
        svg.line(ends, "#06c", "stroke-width=\"2\"");
    }
    for (x, point) in places {
        let (low, high) = point.interval;
        svg.line([x, scale.y(low), x, scale.y(high)], "#06c", "");
        let (y, mrr) = (scale.y(point.mrr), point.mrr);
        svg.dot([x, y], 4.0, "#06c");
        svg.text([x + 7.0, y - 7.0], &format!("{mrr:.3}"), "#06c");
    }
    svg.end()
}

/// From numbers to places in the picture.
struct Scale {
    points: usize,
    low: f64,
    high: f64,
}

impl Scale {
    fn over(measured: &Measured, points: &[Point]) -> Self {
        let alone = measured.alone.iter().map(|(_, e)| measured.mrr(e));
        let ends = points
            .iter()
            .flat_map(|point| [point.interval.0, point.interval.1]);
        let values: Vec<f64> = alone.chain(ends).collect();
        let low = values.iter().copied().fold(1.0, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        // Whole tenths around all that is shown.
        Self {
            points: points.len(),
            low: (low * 10.0).floor() / 10.0,
            high: (high * 10.0).ceil() / 10.0,
        }
    }

    fn x(&self, at: usize) -> f64 {
        let steps = self.points.saturating_sub(1).max(1) as f64;
        LEFT + 20.0 + at as f64 / steps * (WIDTH - LEFT - RIGHT - 50.0)
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low).max(1e-9);
        HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)
    }
}

fn axes(svg: &mut Picture, scale: &Scale, points: &[Point]) {
    let tenths = ((scale.high - scale.low) * 10.0).round() as usize;
    for tenth in 0..=tenths {
        let value = scale.low + tenth as f64 / 10.0;
        let y = scale.y(value);
        svg.line([LEFT, y, WIDTH - RIGHT, y], "#eee", "");
        svg.text([LEFT - 30.0, y + 4.0], &format!("{value:.1}"), "#333");
    }
    for (at, point) in points.iter().enumerate() {
        let place = [scale.x(at) - 8.0, HEIGHT - BOTTOM + 18.0];
        svg.text(place, &named(point.events), "#333");
    }
    let title = "MRR on jobs held out, with its 95 % interval";
    svg.text([LEFT, TOP - 12.0], title, "#333");
    svg.text(
        [LEFT, HEIGHT - 12.0],
        "grades given on other jobs (not to scale)",
        "#333",
    );
}

/// A line a method, from the lowest up; names that would lie on one another are moved up.
fn alone(svg: &mut Picture, scale: &Scale, measured: &Measured) {
    let each = measured.alone.iter().zip(["#999", "#c60", "#393"]);
    let place =
        |((name, e), colour): (&(&'static str, _), _)| (scale.y(measured.mrr(e)), *name, colour);
    let mut each: Vec<(f64, &str, &str)> = each.map(place).collect();
    each.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut below = HEIGHT;
    for (y, name, colour) in each {
        let (from, to) = (LEFT, WIDTH - RIGHT);
        svg.line([from, y, to, y], colour, "stroke-dasharray=\"4 3\"");
        below = (y + 4.0).min(below - 14.0);
        svg.text([to + 6.0, below], name, colour);
    }
}
