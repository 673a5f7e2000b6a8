//! Gradients against the slopes of the loss, for every kind of trained tensor.

use super::super::dropout::Dropout;
use super::super::model::Model;
use super::super::pass::{Memory, Pass};
use super::super::start::Start;
use super::{GOLDEN, adapter, base, first_batch, model, start};
use crate::base::Base;
use crate::encoder::{LORA_A, LORA_B};
use crate::{Bias, LoraAdapter};

/// The slope of the loss along `direction`, from four points (error of the fourth order).
fn slope(loss: impl Fn(&[f32]) -> f64, values: &[f32], direction: &[f32], h: f32) -> f64 {
    let at = |step: f32| {
        let moved = values.iter().zip(direction).map(|(v, d)| v + step * d);
        loss(&moved.collect::<Vec<_>>())
    };
    (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * f64::from(h))
}

/// Every trained tensor's gradient is the slope of the loss.
fn check_slopes<'a>(base: impl Into<Base<'a>>, start: &Start<'_>, dropout: Option<Dropout>) {
    let model = model(base, start);
    let at = |values: &[f32]| first_batch(&model, Pass { values, dropout }, Memory::Keep);
    check_slopes_of(&model, start, 0.02, at);
}

/// The same, of what gives the loss and its gradient at some values, from points that lie `h` apart.
pub(super) fn check_slopes_of(
    model: &Model<'_>,
    start: &Start<'_>,
    h: f32,
    at: impl Fn(&[f32]) -> (f64, Vec<f32>),
) {
    let values = start.values(&model.slots);
    let dora = start.adapter().is_some_and(|a| a.config().is_dora());
    let (_, gradient) = at(&values);
    for (name, range) in model.slots.by_name() {
        if dora && (name.ends_with(LORA_A) || name.ends_with(LORA_B)) {
            continue;
        }
        // Along its own gradient, scaled to unit length, the slope is the length.
        let own = &gradient[range.clone()];
        let length = own
            .iter()
            .map(|&g| f64::from(g).powi(2))
            .sum::<f64>()
            .sqrt();
        // A shift of the keys adds the same to all scores of a token.
        if name.ends_with("self.key.bias") {
            assert!(length < 1e-5, "{name}: {length}");
            continue;
        }
        let mut direction = vec![0.0; values.len()];
        for (d, g) in direction[range.clone()].iter_mut().zip(own) {
            *d = g / length as f32;
        }
        let slope = slope(|values| at(values).0, &values, &direction, h);
        let distance = (slope - length).abs() / length;
        assert!(distance < 1e-3, "{name}: {slope}, {length}");
    }
}

#[test]
fn the_gradient_of_every_kind_of_layer_is_its_slope() {
    for dropout in [None, Dropout::new(0.3, 7)] {
        check_slopes(&base(), &start(&adapter()), dropout);
    }
}

#[test]
fn gradients_through_nf4_are_slopes() {
    let quantized = base().quantize().unwrap();
    for dropout in [None, Dropout::new(0.3, 7)] {
        check_slopes(&quantized, &start(&adapter()), dropout);
    }
}

/// The factors get the gradient for constant row norms, so only magnitudes and biases have slopes.
#[test]
fn the_gradient_of_every_magnitude_is_its_slope() {
    let dora = LoraAdapter::read(format!("{GOLDEN}/dora/before")).unwrap();
    for dropout in [None, Dropout::new(0.3, 7)] {
        check_slopes(&base(), &start(&dora), dropout);
    }
}

#[test]
fn the_gradient_of_every_weight_is_its_slope() {
    check_slopes(&base(), &Start::Encoder(&base()), None);
}

#[test]
fn the_gradient_of_every_bias_is_its_slope() {
    let config = adapter().config().clone().with_bias(Bias::All);
    let biases = Base::from(&base())
        .biases()
        .into_iter()
        .map(|(path, b)| (path, b.to_vec()))
        .collect();
    let with = LoraAdapter::new(config, adapter().layers().clone()).unwrap();
    check_slopes(&base(), &start(&with.with_biases(biases).unwrap()), None);
}
