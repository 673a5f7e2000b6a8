use std::fmt::Write as _;

/// One step of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepRecord {
    /// From 1.
    pub step: usize,
    /// The weighted sum of all tasks' losses before the update.
    pub loss: f64,
    /// The learning rate of the update.
    pub learning_rate: f64,
    /// The length of the gradient before clipping.
    pub gradient_norm: f64,
    /// How many tokens the step read.
    pub tokens: u64,
}

/// Every step of a training, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingLog {
    pub(super) steps: Vec<StepRecord>,
}

/// How many numbers a record has in a checkpoint.
pub(super) const FIELDS: usize = 5;

impl StepRecord {
    pub(super) fn to_numbers(self) -> [f64; FIELDS] {
        let Self {
            step,
            loss,
            learning_rate,
            gradient_norm,
            tokens,
        } = self;
        [
            step as f64,
            loss,
            learning_rate,
            gradient_norm,
            tokens as f64,
        ]
    }

    pub(super) fn of_numbers(numbers: &[f64; FIELDS]) -> Self {
        let [step, loss, learning_rate, gradient_norm, tokens] = *numbers;
        Self {
            step: step as usize,
            loss,
            learning_rate,
            gradient_norm,
            tokens: tokens as u64,
        }
    }
}

/// The size of the plot and the space around its lines, in pixels.
const SIZE: (f64, f64) = (640.0, 320.0);
const MARGIN: f64 = 40.0;

impl TrainingLog {
    /// The steps.
    pub fn steps(&self) -> &[StepRecord] {
        &self.steps
    }

    /// The log as a table with a header.
    pub fn to_csv(&self) -> String {
        let mut csv = "step,loss,learning_rate,gradient_norm,tokens\n".to_owned();
        for record in &self.steps {
            let [_, loss, rate, norm, _] = record.to_numbers();
            // Writing to a string cannot fail.
            let _ = writeln!(
                csv,
                "{},{loss},{rate},{norm},{}",
                record.step, record.tokens
            );
        }
        csv
    }

    /// The loss of every step, and its running mean, as an SVG picture.
    pub fn to_svg(&self) -> String {
        let losses: Vec<f64> = self.steps.iter().map(|record| record.loss).collect();
        let top = losses
            .iter()
            .fold(0.0_f64, |top, loss| top.max(*loss))
            .max(f64::MIN_POSITIVE);
        let (width, height) = SIZE;
        let (left, bottom) = (MARGIN, height - MARGIN);
        let label = format!("step 1 to {}; greatest loss {top:.4}", losses.len());
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n<title>Loss of every step</title>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n\
             <path d=\"M{left} {MARGIN}V{bottom}H{}\" fill=\"none\" stroke=\"#666\"/>\n\
             {}\n{}\n<text x=\"{left}\" y=\"{}\" fill=\"#333\">{label}</text>\n</svg>\n",
            width - MARGIN,
            line(&losses, top, "#9ecae1"),
            line(&smooth(&losses), top, "#08519c"),
            height - MARGIN / 3.0,
        )
    }
}

fn line(losses: &[f64], top: f64, colour: &str) -> String {
    let last = losses.len().saturating_sub(1).max(1) as f64;
    let point = |(index, loss): (usize, &f64)| {
        let x = MARGIN + index as f64 / last * (SIZE.0 - 2.0 * MARGIN);
        let y = SIZE.1 - MARGIN - loss / top * (SIZE.1 - 2.0 * MARGIN);
        format!("{x:.1},{y:.1}")
    };
    let points: Vec<String> = losses.iter().enumerate().map(point).collect();
    let points = points.join(" ");
    format!(
        "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
    )
}

/// The running mean with a weight of 0.9 on the past.
fn smooth(losses: &[f64]) -> Vec<f64> {
    let mut mean = losses.first().copied().unwrap_or_default();
    let next = |loss: &f64| {
        mean = 0.9 * mean + 0.1 * loss;
        mean
    };
    losses.iter().map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_and_a_picture() {
        let record = |step: usize| StepRecord {
            step,
            loss: 1.0 / step as f64,
            learning_rate: 0.5,
            gradient_norm: 2.0,
            tokens: 10,
        };
        let log = TrainingLog {
            steps: (1..4).map(record).collect(),
        };
        assert!(
            log.to_csv()
                .starts_with("step,loss,learning_rate,gradient_norm,tokens\n1,1,0.5,2,10\n2,0.5")
        );
        let svg = log.to_svg();
        assert!(
            svg.contains("40.0,40.0") && svg.ends_with("</svg>\n"),
            "{svg}"
        );
        let again = StepRecord::of_numbers(&log.steps[2].to_numbers());
        assert_eq!(again, log.steps[2]);
        assert!(TrainingLog::default().to_svg().contains("polyline"));
    }
}
