//! all-MiniLM-L6-v2 on our own engine, exact and in 8 bits, and on ONNX Runtime, two threads each, and how
//! much of the machine the exact ones use.
//!
//! Measured: `OnnxEmbedder::embed` from text to unit vector, for one text of 16, 128 and 256 tokens, for 16
//! texts of 128, and for 32 of mixed lengths; beside it the rate of fused multiply-adds on f32 that two
//! threads reach where nothing is read from memory. An encoder's share of that counts the products of its
//! linear maps and of its attention alone. Not measured: loading, other models, more threads.
//!
//! Answers are compared before they are timed: exact ones to 1e-5, those of 8 bits to a cosine of .99. All are run in turn, so that all of them meet the same
//! machine; shares and ratios are medians.
//!
//! Without ONNX Runtime nothing is measured: `ranker_benches::need_runtime`.

// A bench prints its ratios, and stops at whatever goes wrong.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};
use ranker_benches::{Ratios, in_turn, need_runtime, passes};
use ranker_embed::{Backend, Embedder, OnnxEmbedder, Precision, Role};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/all-MiniLM-L6-v2");
const THREADS: usize = 2;
/// Layers, hidden size and the feed-forward part's size of the model.
const SIZES: [f64; 3] = [6.0, 384.0, 1536.0];

/// A text of so many tokens, special tokens included.
fn text(tokens: usize, seed: usize) -> String {
    let words = "engineer nurse builds patients search teaches hospital workshop networks seven years with and the of";
    let words: Vec<&str> = words.split(' ').collect();
    let word = |i: usize| words[(i * 7 + seed * 3 + i / 5) % words.len()];
    (0..tokens - 2).map(word).collect::<Vec<_>>().join(" ")
}

/// Multiplications and additions of a pass over texts of these lengths.
fn operations(lengths: &[usize]) -> f64 {
    let [layers, hidden, intermediate] = SIZES;
    let one = |&tokens: &usize| {
        let tokens = tokens as f64;
        let linear = 4.0 * hidden * hidden + 2.0 * hidden * intermediate;
        layers * 2.0 * tokens * (linear + 2.0 * tokens * hidden)
    };
    lengths.iter().map(one).sum()
}

/// Fused multiply-adds on twelve registers that do not wait for one another.
struct Registers(usize);

impl WithSimd for Registers {
    /// What the registers add up to, and the operations that this took.
    type Output = (f32, f64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let (factor, term) = (simd.splat_f32s(0.999), simd.splat_f32s(0.001));
        let mut sums: [S::f32s; 12] = std::array::from_fn(|at| simd.splat_f32s(at as f32));
        for _ in 0..self.0 {
            for sum in &mut sums {
                *sum = simd.mul_add_e_f32s(*sum, factor, term);
            }
        }
        let all = sums.map(|sum| simd.reduce_sum_f32s(sum)).iter().sum();
        let lanes = size_of::<S::f32s>() / size_of::<f32>();
        (all, (self.0 * sums.len() * lanes * 2) as f64)
    }
}

/// Operations a second that all threads reach together.
fn peak() -> f64 {
    let start = Instant::now();
    let work = || black_box(Arch::new().dispatch(Registers(black_box(10_000_000)))).1;
    let done: f64 = std::thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| scope.spawn(work));
        threads.map(|thread| thread.join().unwrap()).iter().sum()
    });
    done / start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn load(backend: Backend, precision: Precision) -> OnnxEmbedder {
    let builder = OnnxEmbedder::builder(MODEL)
        .backend(backend)
        .precision(precision);
    builder.threads(THREADS).build().unwrap()
}

/// Stops the bench where the engines do not agree, or texts have other lengths than they should.
fn check(engines: [&OnnxEmbedder; 2], least: f32, (texts, lengths): (&[&str], &[usize])) {
    let [ours, theirs] = engines.map(|engine| engine.embed(texts, Role::Document).unwrap());
    for ((ours, theirs), &length) in ours.iter().zip(&theirs).zip(lengths) {
        assert_eq!(ours.usage.used, length);
        let cosine = ours.embedding.cosine(&theirs.embedding).unwrap();
        assert!(cosine > least, "{cosine}");
    }
}

fn main() {
    need_runtime();
    let native = load(Backend::Native, Precision::Exact);
    let onnxruntime = load(Backend::OnnxRuntime, Precision::Exact);
    let fast = load(Backend::Auto, Precision::Fast);
    println!(
        "{} and {} beside {}",
        native.backend(),
        fast.backend(),
        onnxruntime.backend()
    );
    let mut ratios = Ratios::of("engines");
    let shapes = [
        ("1 text of 16 tokens", vec![16]),
        ("1 text of 128 tokens", vec![128]),
        ("1 text of 256 tokens", vec![256]),
        ("16 texts of 128 tokens", vec![128; 16]),
        (
            "32 texts, mixed",
            (0..32).map(|i| 6 + (i * 37 + i * i * 11) % 250).collect(),
        ),
    ];
    for (what, lengths) in shapes {
        let texts: Vec<String> = lengths
            .iter()
            .zip(0..)
            .map(|(&l, seed)| text(l, seed))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        check([&native, &onnxruntime], 0.999_99, (&texts, &lengths));
        check([&fast, &onnxruntime], 0.99, (&texts, &lengths));
        let embed = |engine: &OnnxEmbedder| drop(engine.embed(&texts, Role::Document).unwrap());
        let (mut peaks, mut shares) = (Vec::new(), [Vec::new(), Vec::new()]);
        for _ in 0..passes(9) {
            let rate = peak();
            let times = in_turn(1, || embed(&native), || embed(&onnxruntime));
            for (shares, time) in shares.iter_mut().zip(times) {
                shares.push(100.0 * operations(&lengths) / time / rate);
            }
            peaks.push(rate / 1e9);
        }
        let [own, theirs] = shares.map(median);
        println!(
            "{what}: {own:.0} % and {theirs:.0} % of {:.0} billion operations a second",
            median(peaks)
        );
        let times = in_turn(9, || embed(&native), || embed(&onnxruntime));
        println!(
            "{what}: {:.2} ms and {:.2} ms",
            times[0] * 1e3,
            times[1] * 1e3
        );
        ratios.peer(&format!("{what}, our own engine"), "ONNX Runtime", times);
        let times = in_turn(9, || embed(&fast), || embed(&onnxruntime));
        println!(
            "{what}: {:.2} ms in 8 bits and {:.2} ms",
            times[0] * 1e3,
            times[1] * 1e3
        );
        ratios.peer(
            &format!("{what}, our own engine in 8 bits"),
            "ONNX Runtime",
            times,
        );
    }
    ratios.close().unwrap();
}
