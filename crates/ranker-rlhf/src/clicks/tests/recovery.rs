//! Parameters are found again.

use ranker_core::FeatureMatrix;

use super::*;
use crate::clicks::ClickModelKind;
use crate::clicks::latent::Evidence;
use crate::clicks::log::View;
use crate::simulator::Visit;

fn fitted(kind: ClickModelKind, looking: Looking) -> (ClickModel, f64, Vec<Session>) {
    let (lists, sessions) = sessions(looking, (20, 300), 5);
    let model = ClickModel::fit(kind, &ClickLog::new(&sessions).unwrap()).unwrap();
    assert!(model.converged(), "{kind}");
    let error = error(&model, &lists);
    (model, error, sessions)
}

/// The mean chance to go on after a click, and after none.
fn going(model: &ClickModel, sessions: &[Session]) -> [f64; 2] {
    let mut sums = [(0.0, 0.0); 2];
    for session in sessions {
        for (at, &clicked) in session.clicked().iter().enumerate() {
            let sum = &mut sums[usize::from(!clicked)];
            sum.0 += model.continuation(session, at).unwrap();
            sum.1 += 1.0;
        }
    }
    sums.map(|(sum, count)| sum / count)
}

#[track_caller]
fn near(found: f64, truth: f64, by: f64) {
    assert!((found - truth).abs() <= by, "{found} is not {truth}");
}

#[test]
fn positions_of_the_position_based_model() {
    let (model, error, _) = fitted(ClickModelKind::Pbm, positions());
    let Looking::Positions(truth) = positions() else {
        unreachable!()
    };
    for (found, truth) in model.positions(PLACES).unwrap().into_iter().zip(truth) {
        near(found, truth, 0.03);
    }
    assert!(error < 0.05, "{error}");
}

#[test]
fn the_cascade() {
    let (_, error, _) = fitted(ClickModelKind::Cascade, cascade(0.0, 1.0));
    assert!(error < 0.06, "{error}");
}

#[test]
fn who_is_satisfied() {
    let (model, error, sessions) = fitted(ClickModelKind::SimplifiedDbn, cascade(0.0, 0.4));
    let [clicked, unclicked] = going(&model, &sessions);
    near(clicked, 0.6, 0.02);
    near(unclicked, 1.0, 1e-3);
    assert!(error < 0.04, "{error}");
}

#[test]
fn who_is_satisfied_and_who_gives_up() {
    let (model, error, sessions) = fitted(ClickModelKind::Dbn, cascade(0.2, 0.3));
    let [clicked, unclicked] = going(&model, &sessions);
    near(clicked, 0.8 * 0.7, 0.02);
    near(unclicked, 0.8, 0.02);
    assert!(error < 0.05, "{error}");
}

#[test]
fn going_on_after_clicks() {
    let (model, error, sessions) = fitted(ClickModelKind::Dcm, cascade(0.0, 0.4));
    near(going(&model, &sessions)[0], 0.6, 0.02);
    assert!(error < 0.04, "{error}");
}

#[test]
fn the_additive_model() {
    let weights = [1.2, -0.8];
    let walk = [0.0, -0.5, -1.0, -1.3, -1.6, -1.8, -2.0, -2.1];
    let mut simulator = Simulator::new(9);
    let (mut sessions, mut features) = (Vec::new(), Vec::new());
    for job in 0..60 {
        let draws = (0..2 * PLACES).map(|_| (4.0 * simulator.unit() - 2.0) as f32);
        let rows: Vec<f32> = draws.collect();
        for _ in 0..60 {
            let order = simulator.order(PLACES);
            let clicked = order.iter().zip(walk).map(|(&at, g)| {
                let row = &rows[2 * at..][..2];
                let f = weights[0] * f64::from(row[0]) + weights[1] * f64::from(row[1]);
                simulator.happens(1.0 / (1.0 + (-(f + g)).exp()))
            });
            let clicked = clicked.collect();
            let shown = order.iter().map(|&at| who(at)).collect();
            sessions.push(Session::new(format!("job {job}"), shown, clicked).unwrap());
        }
        features.push((format!("job {job}"), rows));
    }
    let ids: Vec<CandidateId> = (0..PLACES).map(who).collect();
    let schema = schema(2);
    let log = features
        .into_iter()
        .fold(ClickLog::new(&sessions).unwrap(), |log, (job, rows)| {
            let matrix = FeatureMatrix::new(schema.clone(), rows).unwrap();
            log.with_features(&job, &ids, &matrix).unwrap()
        });
    let views: Vec<&View> = log.views.iter().collect();
    let model = ClickModel::fit_views((ClickModelKind::Gam, 1.0), &log, &views).unwrap();
    for (found, truth) in model.positions(PLACES).unwrap().into_iter().zip(walk) {
        near(found, truth, 0.15);
    }
    let examined = model.propensities(&sessions[0]);
    assert!(examined.is_sorted_by(|a, b| a >= b), "{examined:?}");
    near(examined[0], 1.0, 1e-12);
}

/// All ways in which a cascade of this session could have been examined, weighed.
#[test]
fn examination_agrees_with_every_case_counted() {
    let (_, sessions) = sessions(cascade(0.2, 0.3), (4, 25), 2);
    let log = ClickLog::new(&sessions).unwrap();
    let kinds = [
        ClickModelKind::Cascade,
        ClickModelKind::SimplifiedDbn,
        ClickModelKind::Dbn,
        ClickModelKind::Dcm,
    ];
    for kind in kinds {
        let model = ClickModel::fit(kind, &log).unwrap();
        for session in sessions.iter().step_by(7) {
            let (examined, likelihood) = counted(&model, session);
            near(model.log_likelihood(session), likelihood.ln(), 1e-9);
            for (found, truth) in model.examination(session).into_iter().zip(examined) {
                near(found, truth, 1e-9);
            }
        }
    }
}

fn counted(model: &ClickModel, session: &Session) -> (Vec<f64>, f64) {
    let mut examined = vec![0.0; PLACES];
    let mut total = 0.0;
    for last in 0..PLACES {
        let mut chance = 1.0;
        for (at, (id, &clicked)) in session.shown().iter().zip(session.clicked()).enumerate() {
            let attraction = model.attractiveness(session.job(), id);
            let go = model.continuation(session, at).unwrap();
            chance *= match (at <= last, clicked) {
                (true, true) => attraction,
                (true, false) => 1.0 - attraction,
                (false, true) => 0.0,
                (false, false) => 1.0,
            };
            if at < last {
                chance *= go;
            } else if at == last && at + 1 < PLACES {
                chance *= 1.0 - go;
            }
        }
        total += chance;
        examined[..=last].iter_mut().for_each(|sum| *sum += chance);
    }
    (examined.into_iter().map(|sum| sum / total).collect(), total)
}

#[test]
fn likelihoods_sum_to_one() {
    let (_, sessions) = sessions(positions(), (4, 25), 2);
    let log = ClickLog::new(&sessions).unwrap();
    let kinds = [
        ClickModelKind::Naive,
        ClickModelKind::Pbm,
        ClickModelKind::Cascade,
        ClickModelKind::Dcm,
        ClickModelKind::SimplifiedDbn,
        ClickModelKind::Dbn,
    ];
    for kind in kinds {
        let model = ClickModel::fit(kind, &log).unwrap();
        let total = (0..1_usize << PLACES).map(|bits| {
            let clicked = (0..PLACES).map(|at| bits >> at & 1 == 1).collect();
            let shown = sessions[0].shown().to_vec();
            let session = Session::new(sessions[0].job(), shown, clicked).unwrap();
            model.log_likelihood(&session).exp()
        });
        near(total.sum(), 1.0, 1e-9);
    }
}

#[test]
fn every_step_of_a_fit_makes_the_sessions_more_probable() {
    use crate::clicks::chain::{Chain, Going};
    use crate::clicks::latent::Latent;
    use crate::clicks::position::Position;
    use crate::clicks::rates::Rates;

    let (_, sessions) = sessions(cascade(0.2, 0.3), (6, 10), 4);
    let log = ClickLog::new(&sessions).unwrap();
    let views: Vec<&View> = log.views.iter().collect();
    let rises = |model: &mut dyn Latent| {
        let mut before = f64::NEG_INFINITY;
        for step in 0..60 {
            if step == 30 {
                model.split(log.rows.len(), 5.0);
                before = f64::NEG_INFINITY;
            }
            let believed: Vec<_> = views
                .iter()
                .map(|v| model.posterior(v, Evidence::All))
                .collect();
            let now = believed.iter().map(|p| p.log_likelihood).sum::<f64>() + model.log_prior();
            assert!(now >= before - 1e-9, "step {step}: {before} to {now}");
            before = now;
            model.update(&views, &believed);
        }
    };
    rises(&mut Position::learned(&views));
    rises(&mut Chain::new(Going::AfterClick(Rates::pooled(0.5))));
    rises(&mut Chain::new(Going::Unsatisfied {
        perseverance: Some(Rates::pooled(0.9)),
        satisfaction: Rates::pooled(0.3),
    }));
}

#[test]
fn what_was_seen_is_known() {
    let mut simulator = Simulator::new(8);
    let lists = lists(10, &mut simulator);
    let recruiter = Recruiter::new(cascade(0.3, 0.2)).with_appeal(APPEAL.to_vec());
    let visits: Vec<Visit> = (0..400)
        .map(|at| {
            let order = simulator.order(PLACES);
            simulator.visit(&recruiter, &lists[at % 10], &order)
        })
        .collect();
    let seen = |visit: &Visit| {
        visit
            .session
            .clone()
            .with_seen(visit.examined.clone())
            .unwrap()
    };
    let sessions: Vec<Session> = visits.iter().map(seen).collect();
    let log = ClickLog::new(&sessions).unwrap();
    for kind in [
        ClickModelKind::Naive,
        ClickModelKind::Pbm,
        ClickModelKind::Dbn,
    ] {
        let model = ClickModel::fit(kind, &log).unwrap();
        for (visit, session) in visits.iter().zip(&sessions) {
            let truth = visit.examined.iter().map(|&e| f64::from(u8::from(e)));
            assert_eq!(model.examination(session), truth.collect::<Vec<f64>>());
        }
    }
}
