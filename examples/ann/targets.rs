//! What searching a million vectors should cost, beside what it does.

use ranker::core::{Embedding, Filter};
use ranker_examples::{Outcome, cpu_seconds, say};

use crate::index::{Built, Kind, passes};
use crate::measure::{Asked, measure};
use crate::vecs::Vectors;
use crate::{machine, truth};

pub(crate) fn run(
    base: &Vectors,
    queries: &[Embedding],
    (truth, k): (&[Vec<u32>], usize),
) -> Outcome<()> {
    let everyone = Asked {
        queries,
        truth,
        k,
        filter: Filter::All,
    };
    let stream = machine::stream_gb_s();
    let bytes = Built::new(Kind::Bytes, base, false)?;
    let int8 = measure(&bytes, &everyone)?;
    let read = bytes.bytes_read(k, &Filter::All)?.unwrap_or(0);
    let scan = read as f64 / int8.p50 / 1e9;
    drop(bytes);
    let cpu = cpu_seconds();
    let plain = Built::new(Kind::Quantized, base, false)?;
    let built = cpu.zip(cpu_seconds()).map(|(from, to)| to - from);
    let read = plain.bytes_read(k, &Filter::All)?.unwrap_or(0);
    let floor = read as f64 / stream / 1e9;
    let all = measure(&plain, &everyone)?;
    drop(plain);
    let (rows, ms) = (base.len() as f64 / 1e6, 1e3);
    let cost = built.map_or(f64::NAN, |seconds| seconds / rows);
    line("build, CPU s a million", cost, 5.0);
    line("int8 scan / stream", -scan / stream, -0.85);
    line("p50, ms", all.p50 * ms, 1.3 * floor * ms + 1.0);
    line("p99 / p50", all.p99 / all.p50, 2.0);
    line("batch / p50", all.batch / all.p50, 0.1);
    line("recall", -all.recall, -0.99);
    line("recall in a batch", -all.batch_recall, -0.99);
    let index = Built::new(Kind::Quantized, base, true)?;
    for (share, most) in [(0.1, 1.0 / 3.0), (0.01, 1.0 / 20.0)] {
        let truth = truth::compute(base, queries, (k, Some(share)))?;
        let asked = Asked {
            queries,
            truth: &truth,
            k,
            filter: passes(share),
        };
        let some = measure(&index, &asked)?;
        let name = format!("{} % pass: p50 / int8 scan", share * 100.0);
        line(&name, some.p50 / int8.p50, most);
        line(
            &format!("{} % pass: p99 / p50", share * 100.0),
            some.p99 / some.p50,
            2.0,
        );
        line(
            &format!("{} % pass: recall", share * 100.0),
            -some.recall,
            -0.99,
        );
    }
    say(&format!(
        "stream {stream:.1} GB/s, 1-bit floor {:.2} ms, int8 scan {:.2} ms, batch {:.3} ms a query",
        floor * ms,
        int8.p50 * ms,
        all.batch * ms
    ));
    Ok(())
}

/// A figure beside the most that it should be; both negative where it is the least.
fn line(name: &str, figure: f64, most: f64) {
    let met = if figure <= most { "met" } else { "missed" };
    let bound = if most < 0.0 { "at least" } else { "at most" };
    say(&format!(
        "{name:<32} {:>8.3}  {bound} {:.3}  {met}",
        figure.abs(),
        most.abs()
    ));
}
