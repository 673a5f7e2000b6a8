//! A linear model in a file.

use serde::{Deserialize, Serialize};

use super::file::{Bits, Content};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinearContent {
    pub(super) bias: f64,
    features: Vec<Weight>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weight {
    name: String,
    weight: f64,
}

impl LinearContent {
    pub(super) fn new(names: impl Iterator<Item = String>, weights: &[f64], bias: f64) -> Self {
        let weight = |(name, &weight)| Weight { name, weight };
        Self {
            bias,
            features: names.zip(weights).map(weight).collect(),
        }
    }

    pub(super) fn weights(&self) -> Vec<f64> {
        self.features.iter().map(|feature| feature.weight).collect()
    }
}

impl Content for LinearContent {
    const FORMAT: &'static str = "ranker-linear";
    const READABLE: bool = true;

    fn names(&self) -> Vec<&str> {
        let names = self.features.iter();
        names.map(|feature| feature.name.as_str()).collect()
    }

    fn feed(&self, bits: &mut Bits) {
        bits.number(self.bias);
        for Weight { name, weight } in &self.features {
            bits.text(name);
            bits.number(*weight);
        }
    }
}
