//! Costs against sizes, both in powers of ten.

use ranker_examples::Picture;

use crate::record::{Record, Size};

const PANEL: f64 = 310.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 55.0;
const RIGHT: f64 = 20.0;
/// Above the axes are a panel's title and its legend.
const TOP: f64 = 115.0;
const BOTTOM: f64 = 50.0;

const DARK: &str = "#333";
const GREY: &str = "#777";
const THICK: &str = "stroke-width=\"2\"";
const DASHED: &str = "stroke-dasharray=\"4 3\"";
const COLOURS: [&str; 5] = ["#06c", "#c60", "#393", "#93c", "#c33"];

/// One line of a panel, and its figure of a size.
type Series = (&'static str, fn(&Size) -> Option<f64>);

/// The panels: title and lines.
const PANELS: [(&str, &[Series]); 3] = [
    (
        "one query, ms",
        &[
            ("p99, one thread", |s| {
                Some(s.searched.as_ref()?.one_thread.p99_us / 1e3)
            }),
            ("p50, one thread", |s| {
                Some(s.searched.as_ref()?.one_thread.p50_us / 1e3)
            }),
            ("p99, all threads", |s| {
                Some(s.searched.as_ref()?.all_threads.p99_us / 1e3)
            }),
            ("p50, all threads", |s| {
                Some(s.searched.as_ref()?.all_threads.p50_us / 1e3)
            }),
            ("one of a batch, one thread", |s| {
                Some(s.searched.as_ref()?.batch_us[0] / 1e3)
            }),
        ],
    ),
    (
        "seconds",
        &[
            ("build, CPU", |s| s.built.as_ref()?.build_cpu_s),
            ("build, wall", |s| Some(s.built.as_ref()?.build_wall_s)),
            ("open", |s| Some(s.searched.as_ref()?.open_s)),
        ],
    ),
    (
        "MB",
        &[
            ("file", |s| Some(s.built.as_ref()?.file_mb)),
            ("memory, most while building", |s| s.built.as_ref()?.peak_mb),
            ("memory, open and searched", |s| s.searched.as_ref()?.rss_mb),
        ],
    ),
];

pub(crate) fn svg(record: &Record) -> String {
    let mut picture = Picture::new(PANEL * PANELS.len() as f64, HEIGHT);
    for (at, (title, series)) in PANELS.into_iter().enumerate() {
        panel(
            &mut picture,
            PANEL * at as f64,
            title,
            &curves(record, series),
        );
    }
    picture.end()
}

/// Figures by size.
type Curve = (&'static str, Vec<(f64, f64)>);

fn curves(record: &Record, series: &[Series]) -> Vec<Curve> {
    let curve = |&(name, figure): &Series| {
        let points = record.sizes.iter().filter_map(|(&n, size)| {
            let figure = figure(size).filter(|&figure| figure > 0.0)?;
            Some((n as f64, figure))
        });
        (name, points.collect())
    };
    series.iter().map(curve).collect()
}

fn panel(picture: &mut Picture, left: f64, title: &str, curves: &[Curve]) {
    picture.text([left + LEFT, 20.0], title, DARK);
    let points: Vec<(f64, f64)> = curves
        .iter()
        .flat_map(|(_, points)| points.clone())
        .collect();
    let Some(scale) = Scale::over(&points, left) else {
        return;
    };
    axes(picture, &scale);
    let greatest = points.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some(greatest) = greatest {
        picture.line(scale.proportional(greatest), GREY, DASHED);
    }
    for ((at, (name, points)), colour) in (0..).zip(curves).zip(COLOURS) {
        for pair in points.windows(2) {
            let ([x1, y1], [x2, y2]) = (scale.place(pair[0]), scale.place(pair[1]));
            picture.line([x1, y1, x2, y2], colour, THICK);
        }
        for &point in points {
            picture.dot(scale.place(point), 3.0, colour);
        }
        legend(picture, (left, at), name, (colour, THICK));
    }
    let last = (left, curves.len() as u32);
    legend(
        picture,
        last,
        "in proportion to the vectors",
        (GREY, DASHED),
    );
}

/// A line and what it stands for, in a row below the title.
fn legend(
    picture: &mut Picture,
    (left, row): (f64, u32),
    name: &str,
    (colour, more): (&str, &str),
) {
    let (x, y) = (left + LEFT, 36.0 + 14.0 * f64::from(row));
    picture.line([x, y - 4.0, x + 18.0, y - 4.0], colour, more);
    picture.text([x + 24.0, y], name, colour);
}

/// From figures to places; the ends are powers of ten.
struct Scale {
    left: f64,
    x: (i32, i32),
    y: (i32, i32),
}

impl Scale {
    fn over(points: &[(f64, f64)], left: f64) -> Option<Self> {
        let ends = |of: fn(&(f64, f64)) -> f64| {
            let low = points
                .iter()
                .map(of)
                .min_by(f64::total_cmp)?
                .log10()
                .floor() as i32;
            let high = points.iter().map(of).max_by(f64::total_cmp)?.log10().ceil() as i32;
            Some((low, high.max(low + 1)))
        };
        Some(Self {
            left,
            x: ends(|point| point.0)?,
            y: ends(|point| point.1)?,
        })
    }

    fn place(&self, (n, figure): (f64, f64)) -> [f64; 2] {
        [self.across(n.log10()), self.up(figure.log10())]
    }

    fn across(&self, power: f64) -> f64 {
        let (low, high) = self.x;
        let share = (power - f64::from(low)) / f64::from(high - low);
        self.left + LEFT + share * (PANEL - LEFT - RIGHT)
    }

    fn up(&self, power: f64) -> f64 {
        let (low, high) = self.y;
        let share = (power - f64::from(low)) / f64::from(high - low);
        HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)
    }

    /// What costs in proportion to the number of vectors, through a point, down to an axis.
    fn proportional(&self, (n, figure): (f64, f64)) -> [f64; 4] {
        let (x, y) = (n.log10(), figure.log10());
        let back = (x - f64::from(self.x.0)).min(y - f64::from(self.y.0));
        [
            self.across(x - back),
            self.up(y - back),
            self.across(x),
            self.up(y),
        ]
    }
}

fn axes(picture: &mut Picture, scale: &Scale) {
    let (left, right) = (scale.left + LEFT, scale.left + PANEL - RIGHT);
    for power in scale.y.0..=scale.y.1 {
        let y = scale.up(f64::from(power));
        picture.line([left, y, right, y], "#ddd", "");
        let text = label(power);
        picture.text([left - 8.0 - 7.0 * text.len() as f64, y + 4.0], &text, DARK);
    }
    for power in scale.x.0..=scale.x.1 {
        let x = scale.across(f64::from(power));
        picture.line([x, TOP, x, HEIGHT - BOTTOM], "#ddd", "");
        let text = label(power);
        let half = 3.4 * text.len() as f64;
        picture.text([x - half, HEIGHT - BOTTOM + 18.0], &text, DARK);
    }
    picture.line([left, TOP, left, HEIGHT - BOTTOM], DARK, "");
    picture.line([left, HEIGHT - BOTTOM, right, HEIGHT - BOTTOM], DARK, "");
    picture.text([left + 100.0, HEIGHT - 12.0], "vectors", DARK);
}

/// A power of ten in few signs.
fn label(power: i32) -> String {
    match power {
        6.. => format!("{} M", 10_i64.pow(power.min(18) as u32 - 6)),
        3..=5 => format!("{} k", 10_i64.pow(power as u32 - 3)),
        0..=2 => 10_i64.pow(power as u32).to_string(),
        _ => format!("{:.*}", power.unsigned_abs() as usize, 10_f64.powi(power)),
    }
}
