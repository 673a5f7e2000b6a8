//! tract: the engine that needs nothing but Rust.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use ranker_core::BoxError;
use tract_onnx::prelude::*;

use super::{Batch, Engine, Input, Resources, hidden_output};

pub(crate) const NAME: &str = "tract 0.23";

/// A plan that any number of threads run at the same time, each on its own batch.
pub(crate) struct Tract {
    plan: Arc<TypedRunnableModel>,
    inputs: Vec<Input>,
    threads: usize,
}

impl Tract {
    pub(crate) fn load(model: &Path, resources: Resources) -> Result<Self, BoxError> {
        // tract indexes into what it has parsed, and so panics on some malformed graphs.
        let loaded = catch_unwind(AssertUnwindSafe(|| plan(model)));
        let (plan, inputs) = loaded.unwrap_or_else(|_| Err("the graph is malformed".into()))?;
        Ok(Self {
            plan,
            inputs,
            threads: resources.threads,
        })
    }
}

fn plan(path: &Path) -> Result<(Arc<TypedRunnableModel>, Vec<Input>), BoxError> {
    let onnx = tract_onnx::onnx();
    let proto = onnx.proto_model_for_path(path)?;
    // Without it, tract would guess what the operators mean.
    if proto.opset_import.is_empty() {
        return Err("the file names no operator set: it is cut short".into());
    }
    let folder = path.parent().and_then(Path::to_str);
    let parsed = onnx.parse(&proto, folder)?;
    if !parsed.unresolved_inputs.is_empty() {
        return Err(format!("inputs {:?} come from nowhere", parsed.unresolved_inputs).into());
    }
    let mut model = parsed.model;
    let outlets = model.output_outlets()?.to_vec();
    let names = outlets.iter().map(|&o| model.outlet_label(o).unwrap_or(""));
    let output = outlets[hidden_output(names)?];
    model.select_output_outlets(&[output])?;
    let inputs = declare_inputs(&mut model)?;
    Ok((model.into_optimized()?.into_runnable()?, inputs))
}

/// Declares every input as an int64 matrix of any number of rows and columns.
fn declare_inputs(model: &mut InferenceModel) -> Result<Vec<Input>, BoxError> {
    let (rows, columns) = (model.symbols.sym("rows"), model.symbols.sym("columns"));
    let outlets = model.input_outlets()?.to_vec();
    let mut inputs = Vec::new();
    for (index, outlet) in outlets.iter().enumerate() {
        inputs.push(Input::by_name(&model.node(outlet.node).name)?);
        let fact = i64::fact([rows.to_dim(), columns.to_dim()]);
        model.set_input_fact(index, fact.into())?;
    }
    Ok(inputs)
}

impl Engine for Tract {
    fn name(&self) -> &str {
        NAME
    }

    fn lanes(&self) -> usize {
        self.threads
    }

    fn output(&self, batch: &Batch) -> Result<(Vec<usize>, Vec<f32>), BoxError> {
        let shape = [batch.rows, batch.columns];
        let inputs = self
            .inputs
            .iter()
            .map(|&input| Ok(Tensor::from_shape(&shape, batch.array(input))?.into_tvalue()))
            .collect::<TractResult<TVec<TValue>>>()?;
        let outputs = self.plan.run(inputs)?;
        let hidden = outputs.first().ok_or("the graph gave no output")?;
        let hidden = hidden.cast_to::<f32>()?;
        let values = hidden.try_as_plain_ram()?.as_slice::<f32>()?.to_vec();
        Ok((hidden.shape().to_vec(), values))
    }
}
