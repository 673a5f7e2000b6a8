//! Whether what a record says agrees with itself.

use std::collections::HashSet;

use super::RecordError;
use super::parts::{CandidatePart, Making};
use super::record::Form;

/// The greatest gap between a score and what features and weights give, relative to the sizes of the products, or to 1:
/// they are added in the order of the features here, and a model may do so otherwise.
const GAP: f64 = 1e-9;

pub(super) fn unsound(what: impl Into<String>) -> RecordError {
    RecordError::Unsound { what: what.into() }
}

pub(super) fn sound(record: &Form) -> Result<(), RecordError> {
    let making = record.making()?;
    if let Some(linear) = &making.model.linear
        && linear.weights.len() != making.features.len()
    {
        return Err(unsound("the model has not one weight a feature"));
    }
    let (mut ids, mut last) = (HashSet::new(), None);
    for (at, slot) in record.candidates.iter().enumerate() {
        let Some(part) = &slot.part else {
            continue;
        };
        let place = at + 1;
        if part.place != place {
            let said = part.place;
            return Err(unsound(format!("place {said} stands at place {place}")));
        }
        if part.features.len() != making.features.len() {
            return Err(unsound(format!(
                "place {place} has not one value a feature"
            )));
        }
        if !ids.insert(part.id.as_str()) {
            return Err(unsound(format!("{} stands at two places", part.id)));
        }
        if last.is_some_and(|last| part.score > last) {
            return Err(unsound(format!(
                "the score at place {place} is better than one before it"
            )));
        }
        last = Some(part.score);
        follows(making, part)?;
    }
    for showing in record.showings.iter().filter_map(|slot| slot.part.as_ref()) {
        let (first, last, places) = (showing.first, showing.last, record.candidates.len());
        if first == 0 || last < first || last > places {
            return Err(RecordError::NoSuchPlaces {
                first,
                last,
                places,
            });
        }
    }
    Ok(())
}

/// Whether the score is the linear model's for these features; others cannot be checked without the model.
fn follows(making: &Making, part: &CandidatePart) -> Result<(), RecordError> {
    let Some(linear) = &making.model.linear else {
        return Ok(());
    };
    let products = linear.weights.iter().zip(&part.features);
    let products = products.map(|(weight, &value)| weight * f64::from(value));
    let (sum, size) = products.fold((linear.bias, 1.0), |(sum, size): (f64, f64), product| {
        (sum + product, size + product.abs())
    });
    // A NaN gap must fail too, so the comparison asks for what is right.
    match (sum - part.score).abs() <= GAP * size {
        true => Ok(()),
        false => Err(unsound(format!(
            "the score at place {} does not follow from its features and the model's weights",
            part.place
        ))),
    }
}
