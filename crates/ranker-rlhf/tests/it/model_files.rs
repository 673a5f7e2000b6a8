//! Models of any kind come back from their files, and nothing else does.

use std::fs;
use std::sync::Arc;

use ranker_core::{Direction, FeatureMatrix, FeatureSchema};
use ranker_rlhf::{JudgedList, Mart, Mlp, Scorer};
use ranker_score::{BlendScorer, LinearScorer, Member, Model, ModelError};

use crate::support::{Random, schema, told};

const DIRECTIONS: [Direction; 3] = [Direction::Any; 3];

fn lists(schema: &Arc<FeatureSchema>) -> Vec<JudgedList> {
    let mut random = Random(1);
    let list = |job: usize| {
        let values: Vec<f32> = (0..18).map(|_| random.within(-1.0..1.0) as f32).collect();
        let gains = values
            .chunks(3)
            .map(|row| f64::from(row[0] * row[1]).exp2())
            .collect();
        let features = FeatureMatrix::new(schema.clone(), values.clone()).unwrap();
        JudgedList::new(format!("{job}"), features, gains).unwrap()
    };
    (0..20).map(list).collect()
}

fn models() -> Vec<Model> {
    let schema = schema(&DIRECTIONS);
    let lists = lists(&schema);
    let mart = Mart::new().with_trees(5, 0.1).with_least_rows(3);
    let linear = LinearScorer::with_bias(schema, vec![0.1, -2.5e-300, 1.0 / 3.0], 0.25).unwrap();
    let trees = Model::Trees(mart.fit(&lists).unwrap());
    let mlp = Model::Mlp(Mlp::new().with_units(2).fit_lists(&lists).unwrap());
    let member = |model: &Model, weight: f64| Member {
        model: model.clone(),
        weight,
        mean: 0.1,
        spread: 1.0 / 3.0,
    };
    let linear = Model::Linear(linear);
    let blend = BlendScorer::new(vec![member(&linear, 0.75), member(&trees, 0.25)]).unwrap();
    let blend = Model::Blend(blend);
    let nested = BlendScorer::new(vec![member(&blend, 0.5), member(&mlp, 0.5)]).unwrap();
    vec![linear, trees, mlp, blend, Model::Blend(nested)]
}

#[test]
fn each_comes_back_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let schema = schema(&DIRECTIONS);
    let mut ids = Vec::new();
    for model in models() {
        model.save(&path).unwrap();
        let again = Model::load(&path, &schema).unwrap();
        assert_eq!(again, model);
        assert_eq!(again.model_id(), model.model_id());
        let features = lists(&schema)[0].features().clone();
        assert_eq!(
            again.score(&features).unwrap(),
            model.score(&features).unwrap()
        );
        ids.push(model.model_id().split('-').next().unwrap().to_owned());
    }
    assert_eq!(ids, ["linear", "trees", "mlp", "blend", "blend"]);
}

#[test]
fn every_cut_and_every_changed_byte_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let schema = schema(&DIRECTIONS);
    for model in models() {
        model.save(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        // Every byte of the small files, some of the large.
        let step = whole.len() / 300 + 1;
        for at in (0..whole.len()).step_by(step) {
            fs::write(&path, &whole[..at]).unwrap();
            let refused = Model::load(&path, &schema);
            assert!(matches!(refused, Err(ModelError::Malformed { .. })), "{at}");
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            if let Ok(loaded) = Model::load(&path, &schema) {
                assert_eq!(loaded, model, "byte {at}: only white space may differ");
            }
        }
    }
}

#[test]
fn other_features_other_kinds_and_nonsense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    let same = schema(&DIRECTIONS);
    let fewer = schema(&DIRECTIONS[1..]);
    for model in models() {
        model.save(&path).unwrap();
        let refused = Model::load(&path, &fewer);
        assert!(
            matches!(refused, Err(ModelError::Features { .. })),
            "{refused:?}"
        );
    }
    let refused = LinearScorer::load(&path, &same);
    assert!(
        matches!(refused, Err(ModelError::Malformed { .. })),
        "a blend is not linear"
    );
    let deep = format!(
        r#"{{"format": "ranker-blend", "version": 1, "model": {}"#,
        "[".repeat(1 << 20)
    );
    for content in [
        "",
        "[]",
        r#"{"format": "ranker-magic", "version": 1}"#,
        &deep,
    ] {
        fs::write(&path, content).unwrap();
        let refused = Model::load(&path, &same);
        assert!(
            matches!(refused, Err(ModelError::Malformed { .. })),
            "{refused:?}"
        );
    }
    fs::write(&path, r#"{"format": "ranker-trees", "version": 2}"#).unwrap();
    let newer = Model::load(&path, &same);
    assert!(
        matches!(newer, Err(ModelError::Newer { found: 2, .. })),
        "{newer:?}"
    );
}

#[test]
fn members_that_do_not_blend_are_refused() {
    let linear = |columns: usize| {
        let schema = schema(&vec![Direction::Any; columns]);
        Model::Linear(LinearScorer::new(schema, vec![1.0; columns]).unwrap())
    };
    let member = |columns: usize, weight: f64, spread: f64| Member {
        model: linear(columns),
        weight,
        mean: 0.0,
        spread,
    };
    let refused = |members: Vec<Member>| told(&BlendScorer::new(members).unwrap_err());
    let all = [
        refused(vec![]),
        refused(vec![member(1, 0.5, 1.0), member(2, 0.5, 1.0)]),
        refused(vec![member(1, -0.5, 1.0)]),
        refused(vec![member(1, 0.5, 0.0)]),
    ];
    expect_test::expect![[r#"
        these models do not blend: it has no members
        these models do not blend: member 1 was made for other features
        these models do not blend: member 0 has weight -0.5, mean 0, spread 1
        these models do not blend: member 0 has weight 0.5, mean 0, spread 0
    "#]]
    .assert_eq(&all.concat());
}

#[test]
fn a_blend_splits_its_score_where_its_members_do() {
    let schema = schema(&DIRECTIONS);
    let features = lists(&schema)[0].features().clone();
    let models = models();
    let splits = models[3].contributions(&features).unwrap();
    for (split, score) in splits.iter().zip(models[3].score(&features).unwrap()) {
        let sum = split.base + split.parts.iter().sum::<f64>();
        assert!((sum - score.get()).abs() < 1e-12);
    }
    let refused = models[4].contributions(&features).unwrap_err();
    assert!(refused.to_string().starts_with("model blend-"), "{refused}");
}
