//! The stages of a ranking, one after the other.

use ranker_examples::{Picture, Times};

const WIDTH: f64 = 720.0;
const ROW: f64 = 28.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 20.0;

const DARK: &str = "#333";
const BLUE: &str = "#06c";
const BAR: &str = "stroke-width=\"14\"";
const THIN: &str = "stroke-width=\"2\"";

/// Each stage a bar of its median, which begins where the one before it ends, and a line as far as its
/// 99th percentile.
pub(crate) fn svg(title: &str, stages: &[(&'static str, Times)]) -> String {
    let height = TOP + ROW * stages.len() as f64 + BOTTOM;
    let mut picture = Picture::new(WIDTH, height);
    picture.text([LEFT, 20.0], title, DARK);
    let ends = stages.iter().scan(0.0, |begun, (_, times)| {
        let begins = *begun;
        *begun += times.p50;
        Some((begins, begins + times.p50, begins + times.p99))
    });
    let ends: Vec<(f64, f64, f64)> = ends.collect();
    let most = ends.iter().fold(1.0, |most: f64, end| most.max(end.2));
    let place = |ms: f64| LEFT + ms / most * (WIDTH - LEFT - RIGHT);
    for ((at, (stage, times)), (begins, ends, late)) in (0_u32..).zip(stages).zip(ends) {
        let y = TOP + ROW * f64::from(at);
        picture.text([10.0, y + 4.0], stage, DARK);
        picture.line([place(begins), y, place(ends), y], BLUE, BAR);
        picture.line([place(ends), y, place(late), y], BLUE, THIN);
        let figures = format!("{:.1} / {:.1} ms", times.p50, times.p99);
        picture.text([place(late) + 8.0, y + 4.0], &figures, DARK);
    }
    picture.end()
}
