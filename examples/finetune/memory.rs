//! What a training would take in memory, without the weights.

use ranker::lora::{Activations, DecoderConfig, LoraConfig, ModelFolder, TrainingPlan};
use ranker_examples::{Outcome, say};

use crate::{Args, Quantize};

/// Says it as a table: texts of so many tokens a step, with everything kept and with layers' inputs alone.
pub(crate) fn table(args: &Args) -> Outcome {
    let decoder = DecoderConfig::read(args.model.join(ModelFolder::CONFIG))?;
    let targets = args.targets.of_decoder();
    let config = args.configured(LoraConfig::new(args.rank, args.alpha, targets)?);
    let threads = std::thread::available_parallelism()?.get();
    let tokens = args.max_tokens.unwrap_or(128).min(decoder.max_positions());
    let texts = 2 * args.batch;
    let mut lines = vec![
        "| GB | texts x tokens | weights | words | adapter, gradients, moments | activations | work | total |".to_owned(),
        "|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    for (texts, tokens) in [
        (texts, tokens),
        (texts / 4, tokens),
        (texts, tokens.div_ceil(4)),
    ] {
        for (name, activations, budget) in [
            ("all kept", Activations::Keep, usize::MAX),
            ("layers' inputs", Activations::Checkpoint, usize::MAX),
            (
                "layers' inputs, 2,048 tokens at once",
                Activations::Checkpoint,
                2048,
            ),
        ] {
            let mut plan = TrainingPlan::new(texts.max(2), tokens).threads(threads);
            plan = plan.activations(activations).token_budget(budget);
            if args.quantize == Quantize::Nf4 {
                plan = plan.quantized(2);
            }
            let memory = decoder.training_memory(&config, plan)?;
            let trained = memory.adapter + memory.optimiser + memory.gradients;
            let parts = [
                memory.weights,
                memory.words,
                trained,
                memory.activations,
                memory.work,
                memory.total(),
            ];
            let parts = parts
                .map(|bytes| format!("{:.2}", bytes as f64 / 1e9))
                .join(" | ");
            lines.push(format!(
                "| {name} | {} x {tokens} | {parts} |",
                texts.max(2)
            ));
        }
    }
    say(&lines.join("\n"));
    Ok(())
}
