use proptest::prelude::*;
use ranker_lora::{LoraAdapter, LoraConfig, LoraError, LoraLayer, Matrix, Scaling};

use crate::tiny::{self, SMALL};

fn configs() -> impl Strategy<Value = LoraConfig> {
    let all = vec![
        "query",
        "key",
        "value",
        "dense",
        "encoder.layer.1.intermediate.dense",
    ];
    let targets = prop::sample::subsequence(all, 1..=5);
    let numbers = (
        1usize..9,
        (-1_000_000_i32..1_000_000).prop_map(|alpha| f64::from(alpha) + 0.5),
        (0_u16..1000).prop_map(|dropout| f64::from(dropout) / 1000.0),
        1usize..9,
        any::<f32>(),
    );
    (targets, numbers, any::<bool>()).prop_map(|(targets, numbers, stable)| {
        let (r, alpha, dropout, other_r, other_alpha) = numbers;
        let other_alpha = if other_alpha.is_finite() {
            f64::from(other_alpha)
        } else {
            1.0
        };
        let mut config = LoraConfig::new(r, alpha, targets).unwrap();
        if stable {
            config = config
                .with_scaling(Scaling::RankStabilized)
                .with_base_model("somebody/something");
            config = config.with_excluded("encoder.layer.1.output.dense");
        }
        let config = config.with_lora_dropout(dropout).unwrap();
        let config = config
            .with_rank_pattern("intermediate.dense", other_r)
            .unwrap();
        config
            .with_alpha_pattern("^encoder.layer.0.attention.self.key", other_alpha)
            .unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_written_is_read_again(config in configs(), seed in any::<u32>()) {
        let encoder = tiny::encoder(SMALL, 1);
        let adapter = tiny::trained(config, &encoder, u64::from(seed));
        let folder = tempfile::tempdir().unwrap();
        adapter.write(folder.path()).unwrap();
        prop_assert_eq!(LoraAdapter::read(folder.path()).unwrap(), adapter);
    }
}

fn query() -> LoraConfig {
    LoraConfig::new(2, 3.0, ["query"]).unwrap()
}

#[test]
fn files_have_the_names_that_peft_gives() {
    let encoder = tiny::encoder(SMALL, 1);
    let folder = tempfile::tempdir().unwrap();
    tiny::trained(query(), &encoder, 1)
        .write(folder.path())
        .unwrap();
    let bytes = std::fs::read(folder.path().join("adapter_model.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names = file.names();
    names.sort_unstable();
    let name = |layer, factor| {
        format!("base_model.model.encoder.layer.{layer}.attention.self.query.lora_{factor}.weight")
    };
    assert_eq!(
        names,
        [name(0, "A"), name(0, "B"), name(1, "A"), name(1, "B")]
    );
    assert_eq!(file.tensor(&name(0, "A")).unwrap().shape(), [2, 32]);
    assert_eq!(file.tensor(&name(0, "B")).unwrap().shape(), [32, 2]);
}

#[test]
fn writing_twice_gives_the_same_bytes_and_replaces_the_files() {
    let encoder = tiny::encoder(SMALL, 1);
    let folder = tempfile::tempdir().unwrap();
    let bytes = || std::fs::read(folder.path().join("adapter_model.safetensors")).unwrap();
    let adapter = tiny::trained(query(), &encoder, 1);
    adapter.write(folder.path()).unwrap();
    let first = bytes();
    tiny::trained(query(), &encoder, 2)
        .write(folder.path())
        .unwrap();
    assert_ne!(first, bytes());
    adapter.write(folder.path()).unwrap();
    assert_eq!(first, bytes());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn an_adapter_must_keep_to_its_configuration() {
    let layer = |r| LoraLayer::new(Matrix::zeros(r, 32), Matrix::zeros(32, r)).unwrap();
    let adapter = |path: &str, r| LoraAdapter::new(query(), [(path.to_owned(), layer(r))].into());
    assert!(adapter("encoder.layer.0.attention.self.query", 2).is_ok());
    let is_layer = |result| matches!(result, Err(LoraError::Layer { .. }));
    assert!(is_layer(adapter("encoder.layer.0.attention.self.query", 3)));
    assert!(is_layer(adapter("encoder.layer.0.attention.self.key", 2)));
    let empty = LoraAdapter::new(query(), [].into());
    assert!(matches!(empty, Err(LoraError::Setting { .. })));
    let config = LoraConfig::new(2, 3.0, ["attn"]).unwrap();
    let none = LoraAdapter::untrained(config, &tiny::encoder(SMALL, 1), 1);
    assert!(matches!(none, Err(LoraError::UnknownTarget { .. })));
    let all = query().with_excluded("query");
    let none = LoraAdapter::untrained(all, &tiny::encoder(SMALL, 1), 1);
    assert!(matches!(none, Err(LoraError::Setting { .. })));
    let ranks = LoraLayer::new(Matrix::zeros(2, 32), Matrix::zeros(32, 3));
    assert!(matches!(ranks, Err(LoraError::Shape { .. })));
    let none = LoraLayer::new(Matrix::zeros(0, 32), Matrix::zeros(32, 0));
    assert!(matches!(none, Err(LoraError::Shape { .. })));
}
