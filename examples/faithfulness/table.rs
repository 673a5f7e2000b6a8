//! The numbers of all attributors, as a table.

use std::fmt;
use std::time::Duration;

use ranker::eval::{Resampling, sign_flip_test};
use ranker::xai::faithfulness::{Faithfulness, passes};

use crate::attributors::Attributor;
use crate::edits::Stability;

/// A mean that is built up.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1;
        }
    }

    fn shown(&self) -> String {
        match self.count {
            0 => "-".to_owned(),
            count => format!("{:.2}", self.sum / count as f64),
        }
    }
}

/// Of each query, what was measured of its candidates.
#[derive(Debug, Default)]
struct Queries(Vec<Vec<Faithfulness>>);

impl Queries {
    fn begin(&mut self) {
        self.0.push(Vec::new());
    }

    fn add(&mut self, measured: Faithfulness) {
        if let Some(query) = self.0.last_mut() {
            query.push(measured);
        }
    }

    /// The mean of each query.
    fn means(&self) -> Vec<Faithfulness> {
        let means = self.0.iter().filter_map(|query| Faithfulness::mean(query));
        means.collect()
    }

    fn mean(&self) -> Option<Faithfulness> {
        Faithfulness::mean(&self.means())
    }
}

/// What is known of one attributor.
#[derive(Debug, Default)]
struct Row {
    own: Queries,
    as_long: Queries,
    agrees: Mean,
    spaces: Mean,
    sections: Mean,
    wording: Mean,
    took: Duration,
}

/// All that was measured. Means are over queries of means over their candidates.
pub(crate) struct Measured {
    attributors: Vec<Attributor>,
    rows: Vec<Row>,
    chance: Queries,
    candidates: usize,
    segments: usize,
    whole: f64,
}

impl Measured {
    pub(crate) fn new(attributors: Vec<Attributor>) -> Self {
        let rows = attributors.iter().map(|_| Row::default()).collect();
        Self {
            attributors,
            rows,
            chance: Queries::default(),
            candidates: 0,
            segments: 0,
            whole: 0.0,
        }
    }

    pub(crate) fn attributors(&self) -> &[Attributor] {
        &self.attributors
    }

    pub(crate) fn begin_query(&mut self) {
        self.chance.begin();
        for row in &mut self.rows {
            row.own.begin();
            row.as_long.begin();
        }
    }

    pub(crate) fn whole(&mut self, score: f64, segments: usize) {
        self.candidates += 1;
        self.segments += segments;
        self.whole += score;
    }

    pub(crate) fn chance(&mut self, measured: Faithfulness) {
        self.chance.add(measured);
    }

    pub(crate) fn attributed(
        &mut self,
        which: usize,
        (own, as_long): (Faithfulness, Faithfulness),
        agrees: Option<f64>,
    ) {
        let row = &mut self.rows[which];
        row.own.add(own);
        row.as_long.add(as_long);
        row.agrees.add(agrees);
    }

    pub(crate) fn took(&mut self, which: usize, took: Duration) {
        self.rows[which].took += took;
    }

    pub(crate) fn stable(&mut self, which: usize, stable: Stability) {
        self.rows[which].spaces.add(stable.spaces);
        self.rows[which].sections.add(stable.sections);
        self.rows[which].wording.add(stable.wording);
    }
}

/// The p value of one number's difference between two, over queries.
fn p_value(one: &Queries, other: &Queries, of: fn(&Faithfulness) -> f64) -> String {
    let (one, other) = (one.means(), other.means());
    let pairs = one.iter().zip(&other);
    let differences: Vec<f64> = pairs.map(|(one, other)| of(one) - of(other)).collect();
    match sign_flip_test(&differences, &Resampling::default()) {
        Ok(test) => format!("{:.4}", test.p_value),
        Err(_) => "-".to_owned(),
    }
}

/// The gate, against as many segments by chance and against as much text.
fn gate(own: &Faithfulness, chance: &Faithfulness, as_long: &Faithfulness) -> &'static str {
    match (passes(own, chance), passes(own, as_long)) {
        (true, true) => "passes",
        (true, false) => "not by length",
        (false, true) => "not by number",
        (false, false) => "fails",
    }
}

const HEAD: &str = "| attributor | comprehensiveness | as long | p | sufficiency | as long | p | deletion | insertion | \
                    monotone | τ removal | τ spaces | τ sections | τ wording | ms for ten | gate |";

impl Measured {
    /// What edits change of each attribution, where nothing else was measured.
    pub(crate) fn edits(&self) -> String {
        let rows = self
            .attributors
            .iter()
            .zip(&self.rows)
            .map(|(attributor, row)| {
                let shown = [&row.spaces, &row.sections, &row.wording].map(Mean::shown);
                format!("| {} | {} |\n", attributor.name(), shown.join(" | "))
            });
        let rows: String = rows.collect();
        format!("| attributor | τ spaces | τ sections | τ wording |\n|---|---|---|---|\n{rows}")
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (queries, candidates) = (self.chance.means().len(), self.candidates);
        let each = candidates.max(1) as f64;
        let (segments, whole) = (self.segments as f64 / each, self.whole / each);
        writeln!(
            f,
            "{queries} queries, {candidates} candidates; {segments:.0} segments and a score of {whole:.3} on average\n"
        )?;
        writeln!(f, "{HEAD}\n|{}", "---|".repeat(16))?;
        let Some(chance) = self.chance.mean() else {
            return Ok(());
        };
        let Faithfulness {
            comprehensiveness,
            sufficiency,
            deletion,
            insertion,
            monotonicity,
            ..
        } = chance;
        writeln!(
            f,
            "| by chance | {comprehensiveness:.4} | | | {sufficiency:.4} | | | {deletion:.3} | {insertion:.3} | \
             {monotonicity:.2} | | | | | | |"
        )?;
        for (attributor, row) in self.attributors.iter().zip(&self.rows) {
            let (Some(own), Some(as_long)) = (row.own.mean(), row.as_long.mean()) else {
                continue;
            };
            write!(
                f,
                "| {} | {:.4} ({:.1}×) | {:.4} | {} ",
                attributor.name(),
                own.comprehensiveness,
                own.comprehensiveness / comprehensiveness,
                as_long.comprehensiveness,
                p_value(&row.own, &self.chance, |one| one.comprehensiveness),
            )?;
            write!(
                f,
                "| {:.4} ({:.2}×) | {:.4} | {} | {:.3} | {:.3} | {:.2} ",
                own.sufficiency,
                own.sufficiency / sufficiency,
                as_long.sufficiency,
                p_value(&row.own, &self.chance, |one| one.sufficiency),
                own.deletion,
                own.insertion,
                own.monotonicity,
            )?;
            writeln!(
                f,
                "| {} | {} | {} | {} | {:.0} | {} |",
                row.agrees.shown(),
                row.spaces.shown(),
                row.sections.shown(),
                row.wording.shown(),
                1e4 * row.took.as_secs_f64() / each,
                gate(&own, &chance, &as_long)
            )?;
        }
        Ok(())
    }
}
