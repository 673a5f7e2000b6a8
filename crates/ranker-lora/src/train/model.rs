//! What training computes with.

use rayon::prelude::*;

use super::dora::row_norms;
use super::lowrank::LowRank;
use super::output::Output;
use super::parameters::Slots;
use super::pass::Activations;
use crate::base::Base;

/// What training computes with.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    pub(crate) base: Base<'a>,
    pub(crate) slots: Slots,
    pub(crate) output: Output,
    pub(crate) activations: Activations,
}

impl Model<'_> {
    /// How many values come out for a text.
    pub(crate) fn width(&self) -> usize {
        self.output.width()
    }

    /// The row norms of every map with magnitudes, one after the other.
    pub(crate) fn row_norms(&self, values: &[f32]) -> Vec<f32> {
        let maps = self.slots.factors();
        let with = maps.filter(|map| map.factors.magnitude.is_some());
        let norms: Vec<Vec<f32>> = with
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|map| {
                let weight = self.base.map(map.layer, map.number).weight;
                row_norms(weight, LowRank::new(map.factors, values, weight.shape()))
            })
            .collect();
        norms.concat()
    }
}
