//! An adapter together with a trained head, as PEFT keeps them for sequence classification.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use ranker_folder::{Family, HeadNames};
use safetensors::tensor::{SafeTensors, TensorView};
use serde_json::{Value, json};

use super::peft::{CONFIG, PREFIX, WEIGHTS};
use super::{LoraAdapter, peft, peft_config};
use crate::cross::{CrossEncoder, Head, PairIds};
use crate::encoder::{Tensors, serialize};
use crate::error::LoraError;
use crate::files::{self, Staged};
use crate::train::AdaptedModel;

/// What training a cross-encoder gives: a low-rank change of its encoder, and a whole new head. In
/// files it is PEFT's `SEQ_CLS` adapter with the head under `modules_to_save`.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossAdapter {
    adapter: LoraAdapter,
    head: Head,
}

impl CrossAdapter {
    pub(crate) fn new(adapter: LoraAdapter, head: Head) -> Self {
        Self { adapter, head }
    }

    /// The change of the encoder.
    pub fn adapter(&self) -> &LoraAdapter {
        &self.adapter
    }

    /// Merges the adapter into a cross-encoder's weights and gives it the head. On an error it is
    /// as before.
    ///
    /// # Errors
    /// As for [`LoraAdapter::merge`]; [`LoraError::Shape`] for a head of another size.
    pub fn merge(&self, cross: &mut CrossEncoder) -> Result<(), LoraError> {
        self.check_head(cross)?;
        self.adapter.merge(&mut cross.encoder)?;
        cross.head = self.head.clone();
        Ok(())
    }

    /// The score that a cross-encoder gives each pair with this adapter and head: computed as in
    /// training, on all threads. It is what a development metric is made of
    /// ([`Trainer::run_measured`](crate::Trainer::run_measured)).
    ///
    /// ```no_run
    /// use ranker_lora::{
    ///     CrossEncoder, LoraConfig, PairIds, ScoreLoss, Task, TrainError, TokenList, Trainer,
    /// };
    /// # fn train(cross: &CrossEncoder, lists: Vec<TokenList>) -> Result<(), TrainError> {
    /// # let ndcg = |_: &[f32]| 0.5;
    /// # let development: Vec<PairIds> = Vec::new();
    /// let mut trainer = Trainer::cross_encoder(cross, LoraConfig::new(16, 32.0, ["query"])?)
    ///     .task(Task::scores(lists, ScoreLoss::Softmax))
    ///     .early_stopping(50, 4)
    ///     .build()?;
    /// let metric = |tuned: &ranker_lora::Tuned| {
    ///     let adapter = tuned.cross_adapter().ok_or("no cross-encoder")?;
    ///     Ok(ndcg(&adapter.scores(cross, &development)?))
    /// };
    /// let best = trainer.run_measured(metric, |_| std::ops::ControlFlow::Continue(()))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`CrossAdapter::merge`]; [`LoraError::Token`] for a pair that the encoder cannot read.
    pub fn scores(&self, cross: &CrossEncoder, pairs: &[PairIds]) -> Result<Vec<f32>, LoraError> {
        self.check_head(cross)?;
        self.adapter.check(&cross.encoder)?;
        for pair in pairs {
            cross.config().check_ids(pair.ids())?;
        }
        let base = (&cross.encoder).into();
        let model = AdaptedModel::cross(base, self.adapter.clone(), &self.head);
        Ok(model.scores(pairs))
    }

    fn check_head(&self, cross: &CrossEncoder) -> Result<(), LoraError> {
        let (ours, theirs) = (self.head.hidden(), cross.head.hidden());
        match ours == theirs {
            true => Ok(()),
            false => Err(LoraError::Shape {
                name: "the head".to_owned(),
                expected: (theirs, theirs),
                actual: (ours, ours),
            }),
        }
    }

    /// Reads what PEFT or [`CrossAdapter::write`] saved for this cross-encoder. Where PEFT kept only
    /// the classifier, the rest of the head is the cross-encoder's own.
    ///
    /// # Errors
    /// As for [`LoraAdapter::read`]; [`LoraError::Unsupported`] for other modules that were saved.
    pub fn read(folder: impl AsRef<Path>, cross: &CrossEncoder) -> Result<Self, LoraError> {
        let folder = folder.as_ref();
        let family = cross.encoder.config.family;
        let path = folder.join(CONFIG);
        let config = without_modules(&path, family.head)?;
        let config = peft_config::parse(&path, config.to_string().as_bytes())?;
        let path = folder.join(WEIGHTS);
        let bytes = files::read(&path)?;
        let mut parts = Parts::of(&path, &bytes)?;
        let head = parts.head(&path, cross)?;
        let rest = parts.serialized(&path)?;
        Ok(Self {
            adapter: peft::parse(config, &path, &rest)?,
            head,
        })
    }

    /// Writes the adapter as PEFT does, so that `PeftModel.from_pretrained` loads it for the
    /// sequence classifier of this cross-encoder's family.
    ///
    /// # Errors
    /// [`LoraError::Io`] where the folder or a file cannot be written.
    pub fn write(&self, folder: impl AsRef<Path>, cross: &CrossEncoder) -> Result<(), LoraError> {
        let folder = folder.as_ref();
        let family = cross.encoder.config.family;
        let mut config = peft_config::to_json(self.adapter.config());
        config["task_type"] = json!("SEQ_CLS");
        config["modules_to_save"] = json!(family.head.saved);
        let path = folder.join(WEIGHTS);
        let bytes = self.adapter.tensor_bytes(folder)?;
        let mut parts = Parts::of(&path, &bytes)?;
        parts.move_below(family.prefix);
        let values = self.head.values();
        let values: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        for tensor in head_tensors(family, self.head.hidden()) {
            let bytes = &values[4 * tensor.range.start..4 * tensor.range.end];
            parts.add(&path, tensor, bytes)?;
        }
        let mut staged = Staged::new(folder)?;
        staged.add(CONFIG, format!("{config:#}\n").as_bytes())?;
        staged.add(WEIGHTS, &parts.serialized(&path)?)?;
        staged.commit()
    }
}

/// `adapter_config.json` without the modules that hold the head.
fn without_modules(path: &Path, head: HeadNames) -> Result<Value, LoraError> {
    let format = "JSON with an adapter's settings";
    let bytes = files::read(path)?;
    let mut config: Value =
        serde_json::from_slice(&bytes).map_err(LoraError::format(path, format))?;
    let modules = config.get_mut("modules_to_save").map(Value::take);
    for module in modules.iter().filter_map(Value::as_array).flatten() {
        // PEFT lists `score` too, under which other families have their classifier.
        let known = |name: &str| name == "score" || head.saved.contains(&name);
        if !module.as_str().is_some_and(known) {
            let advice = "only the head of a cross-encoder can be trained in full";
            return Err(LoraError::unsupported("modules_to_save", module, advice));
        }
    }
    Ok(config)
}

/// A tensor of the head in PEFT's file.
struct HeadTensor {
    name: String,
    shape: Vec<usize>,
    /// Its values among [`Head::values`].
    range: Range<usize>,
}

fn head_tensors(family: &Family, hidden: usize) -> Vec<HeadTensor> {
    let HeadNames { dense, out, .. } = family.head;
    let below = match family.head.uses_pooler() {
        true => family.prefix,
        false => "",
    };
    let tensors = [
        (format!("{below}{dense}.weight"), vec![hidden, hidden]),
        (format!("{below}{dense}.bias"), vec![hidden]),
        (format!("{out}.weight"), vec![1, hidden]),
        (format!("{out}.bias"), vec![1]),
    ];
    let mut start = 0;
    let tensor = |(name, shape): (String, Vec<usize>)| {
        let first = start;
        start += shape.iter().product::<usize>();
        HeadTensor {
            name: format!("{PREFIX}{name}"),
            shape,
            range: first..start,
        }
    };
    tensors.into_iter().map(tensor).collect()
}

/// The tensors of one file.
struct Parts<'a> {
    views: BTreeMap<String, TensorView<'a>>,
}

impl<'a> Parts<'a> {
    fn of(path: &Path, bytes: &'a [u8]) -> Result<Self, LoraError> {
        let file = SafeTensors::deserialize(bytes).map_err(LoraError::format(path, FORMAT))?;
        let views = file.tensors().into_iter().collect();
        Ok(Self { views })
    }

    /// Puts a family's prefix before every layer's path.
    fn move_below(&mut self, prefix: &str) {
        let views = std::mem::take(&mut self.views).into_iter();
        let moved = |name: &str| match name.strip_prefix(PREFIX) {
            Some(path) => format!("{PREFIX}{prefix}{path}"),
            None => name.to_owned(),
        };
        self.views = views.map(|(name, view)| (moved(&name), view)).collect();
    }

    fn add(&mut self, path: &Path, tensor: HeadTensor, bytes: &'a [u8]) -> Result<(), LoraError> {
        let view = TensorView::new(safetensors::Dtype::F32, tensor.shape, bytes)
            .map_err(LoraError::format(path, FORMAT))?;
        self.views.insert(tensor.name, view);
        Ok(())
    }

    /// Takes the head's tensors out; what is not there is as in the cross-encoder.
    fn head(&mut self, path: &Path, cross: &CrossEncoder) -> Result<Head, LoraError> {
        let mut values = cross.head.values();
        for tensor in head_tensors(cross.config().family, cross.head.hidden()) {
            let Some(view) = self.views.remove(&tensor.name) else {
                continue;
            };
            let alone = safetensors::serialize([("head", view)], None)
                .map_err(LoraError::format(path, FORMAT))?;
            let mut tensors = Tensors::parse(path, &alone)?;
            tensors.rename(|_| Some(tensor.name.clone()));
            let own = match tensor.shape[..] {
                [rows, columns] => {
                    let matrix = tensors.matrix(&tensor.name, (rows, columns))?;
                    matrix.values().to_vec()
                }
                _ => tensors.vector(&tensor.name, tensor.range.len())?,
            };
            values[tensor.range].copy_from_slice(&own);
        }
        Head::of_values(cross.head.hidden(), &values)
    }

    fn serialized(&self, path: &Path) -> Result<Vec<u8>, LoraError> {
        serialize(path, &self.views)
    }
}

const FORMAT: &str = "safetensors";
