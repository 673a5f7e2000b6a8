//! One seed of the protocol.

use ranker_core::CandidateId;
use ranker_examples::Outcome;
use ranker_rlhf::clicks::{
    ClickLog, ClickModel, ClickModelKind, ClickModels, Correction, Decision, Session,
};
use ranker_rlhf::simulator::{GradedList, Looking, Recruiter, Simulator};
use ranker_rlhf::{JudgedList, Mart, Objective, Scorer};

use super::table::{NAIVE, Table};

/// Up to which position NDCG is measured.
const PLACES: usize = 3;

/// The most that a click counts with inverse propensities.
const CLIP: f64 = 20.0;

/// What all seeds share.
pub(crate) struct Protocol {
    train: Vec<JudgedList>,
    test: Vec<JudgedList>,
    graded: Vec<GradedList>,
    /// In which order each training list is shown.
    orders: Vec<Vec<usize>>,
    sessions: usize,
}

/// Clicks, and the same with what was truly looked at.
struct Clicks {
    seen_by_nobody: ClickLog,
    seen_by_an_oracle: ClickLog,
}

impl Protocol {
    pub(crate) fn new(
        (train, test): (Vec<JudgedList>, Vec<JudgedList>),
        order: usize,
        sessions: usize,
    ) -> Outcome<Self> {
        let graded = train.iter().map(graded).collect::<Outcome<_>>()?;
        Ok(Self {
            orders: train.iter().map(|list| falling(list, order)).collect(),
            graded,
            train,
            test,
            sessions,
        })
    }

    /// Simulates clicks, learns from them in all ways, and adds the NDCG of each. Tells which click
    /// model was chosen.
    pub(crate) fn run(&self, seed: u64, table: &mut Table) -> Outcome<String> {
        let clicks = self.simulate(seed)?;
        let (blind, oracle) = (&clicks.seen_by_nobody, &clicks.seen_by_an_oracle);
        let naive = ClickModel::fit(ClickModelKind::Naive, blind)?;
        let rule = ClickModel::fit(ClickModelKind::DownToLastClick, blind)?;
        let sighted = ClickModel::fit(ClickModelKind::Naive, oracle)?;
        let selection = ClickModels::new().select(blind)?;
        let chosen = &selection.model;
        let examined = Correction::Examined;
        let bayes = Correction::EmpiricalBayes;
        let ips = Correction::InversePropensity { clip: CLIP };
        let robust = Correction::DoublyRobust { clip: CLIP };
        table.add(NAIVE, self.learn(&naive.judged(blind, examined)?, seed)?);
        table.add("true grades", self.learn(&self.train, seed)?);
        let ways: [(&str, &ClickModel, &ClickLog, Correction); 9] = [
            ("clicks as labels, empirical Bayes", &naive, blind, bayes),
            ("down to the last click", &rule, blind, examined),
            (
                "down to the last click, empirical Bayes",
                &rule,
                blind,
                bayes,
            ),
            ("click model, examined", chosen, blind, examined),
            ("click model, inverse propensity", chosen, blind, ips),
            ("click model, doubly robust", chosen, blind, robust),
            ("click model, empirical Bayes", chosen, blind, bayes),
            ("oracle, examined", &sighted, oracle, examined),
            ("oracle, empirical Bayes", &sighted, oracle, bayes),
        ];
        for (name, model, log, correction) in ways {
            let lists = model.judged(log, correction)?;
            table.add(name, self.learn(&lists, seed)?);
        }
        let kind = chosen.kind();
        table.choose(kind.name());
        Ok(match selection.decision {
            Decision::Selected => kind.to_string(),
            _ => format!("{kind} (abstained)"),
        })
    }

    fn simulate(&self, seed: u64) -> Outcome<Clicks> {
        let recruiter = Recruiter::new(Looking::Cascade {
            stop: 0.2,
            satisfied: 0.0,
        });
        let mut simulator = Simulator::new(seed);
        let (mut blind, mut sighted): (Vec<Session>, Vec<Session>) = Default::default();
        for (list, order) in self.graded.iter().zip(&self.orders) {
            for _ in 0..self.sessions {
                let visit = simulator.visit(&recruiter, list, order);
                sighted.push(visit.session.clone().with_seen(visit.examined)?);
                blind.push(visit.session);
            }
        }
        Ok(Clicks {
            seen_by_nobody: self.log(&blind)?,
            seen_by_an_oracle: self.log(&sighted)?,
        })
    }

    fn log(&self, sessions: &[Session]) -> Outcome<ClickLog> {
        let mut log = ClickLog::new(sessions)?;
        for (graded, list) in self.graded.iter().zip(&self.train) {
            log = log.with_features(list.job(), graded.candidates(), list.features())?;
        }
        Ok(log)
    }

    /// NDCG of each test list by 50 trees with the settings of LightGBM's test: 31 leaves of at least
    /// 50 rows, a rate of 0.1, nine rows of ten a tree.
    fn learn(&self, lists: &[JudgedList], seed: u64) -> Outcome<Vec<f64>> {
        let mart = Mart::new()
            .with_objective(Objective::LambdaRank { truncation: 30 })
            .with_trees(50, 0.1)
            .with_size(31, 32)
            .with_least_rows(50)
            .with_l2(0.0)
            .with_bins(255)
            .with_shares(1.0, 0.9)
            .with_seed(seed);
        let model = mart.fit(lists)?;
        let measure = |list: &JudgedList| {
            let scores = model.score(list.features())?;
            let scores: Vec<f64> = scores.iter().map(|score| score.get()).collect();
            Ok(ndcg(list.gains(), &scores))
        };
        self.test.iter().map(measure).collect()
    }
}

/// The list with its grades, and a name a row that sorts as the rows do.
fn graded(list: &JudgedList) -> Outcome<GradedList> {
    let ids = (0..list.gains().len()).map(|row| CandidateId::new(format!("{row:06}")));
    let grades = list
        .gains()
        .iter()
        .map(|gain| (gain + 1.0).log2().round() as u32);
    let graded = GradedList::new(list.job(), ids.collect::<Result<_, _>>()?, grades.collect());
    graded.ok_or_else(|| "a list has other gains than rows".into())
}

/// The rows by falling value of a feature; equal ones as they stand.
fn falling(list: &JudgedList, feature: usize) -> Vec<usize> {
    let rows: Vec<&[f32]> = list.features().rows().collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| rows[b][feature].total_cmp(&rows[a][feature]));
    order
}

/// NDCG in the first three places, equal scores in the order of the rows; 1 where nothing is gained.
fn ndcg(gains: &[f64], scores: &[f64]) -> f64 {
    let mut order: Vec<usize> = (0..gains.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut ideal = gains.to_vec();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let discounted = |gains: &mut dyn Iterator<Item = f64>| {
        let gains = gains.take(PLACES).enumerate();
        gains
            .map(|(at, gain)| gain / (at as f64 + 2.0).log2())
            .sum::<f64>()
    };
    let best = discounted(&mut ideal.into_iter());
    if best > 0.0 {
        discounted(&mut order.into_iter().map(|at| gains[at])) / best
    } else {
        1.0
    }
}
