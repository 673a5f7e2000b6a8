//! What must not change a text's hidden states: the texts beside it, the threads, the instruction set.

use ranker_encoder::{Encoder, Kernels, Tokens};
use rayon::ThreadPoolBuilder;

use crate::support::{ENCODER, MODEL, gap, hidden, read, texts};

#[test]
fn a_text_does_not_depend_on_its_batch_nor_on_threads_in_any_bit() {
    let texts = texts();
    let together = hidden(&ENCODER, &texts);
    for (text, together) in texts.iter().zip(&together) {
        assert_eq!(&hidden(&ENCODER, std::slice::from_ref(text))[0], together);
    }
    for threads in [1, 5] {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        assert_eq!(
            pool.install(|| hidden(&ENCODER, &texts)),
            together,
            "{threads}"
        );
    }
}

#[test]
fn every_instruction_set_gives_the_same_up_to_rounding() {
    let texts = &texts()[..4];
    let expected = hidden(&ENCODER, texts);
    for kernels in Kernels::all() {
        let folder = std::path::Path::new(MODEL);
        let encoder = Encoder::read(folder.join("config.json"), folder.join("model.onnx"));
        let encoder = encoder.unwrap().with_kernels(kernels);
        assert_eq!(encoder.kernels().name(), kernels.name());
        for (found, expected) in hidden(&encoder, texts).iter().zip(&expected) {
            let gap = gap(found, expected);
            assert!(gap < 1e-4, "{}: {gap}", kernels.name());
        }
    }
}

#[test]
fn sizes_that_fill_no_register_are_computed_alike() {
    // Heads of 8, a bias by distance, and a vocabulary of their own.
    let encoder = read("families/mpnet");
    let texts: Vec<Vec<u32>> = [3_u32, 29, 1]
        .map(|n| (0..n).map(|i| 5 + i % 20).collect())
        .into();
    let expected = hidden(&encoder, &texts);
    let plain = read("families/mpnet").with_kernels(Kernels::all()[0]);
    for (found, expected) in hidden(&plain, &texts).iter().zip(&expected) {
        assert!(gap(found, expected) < 1e-5);
    }
}

#[test]
fn tokens_that_nobody_attends_to_change_nobody() {
    // With a bias by distance and without; as long as more than one block of queries and rows.
    for (encoder, length) in [(read("families/mpnet"), 20), (read("families/roberta"), 20)] {
        let ids: Vec<u32> = (0..length).map(|i| 5 + (i * 7) % 20).collect();
        let types = vec![0; ids.len()];
        let attended = ids.len() - 7;
        let text = Tokens::new(&ids, &types);
        let cut = Tokens::new(&ids[..attended], &types[..attended]);
        let other = Tokens::new(&[5, 6, 7], &[0; 3]);
        let found = encoder.hidden_states(&[other, text.attending(attended), cut, text]);
        let found = found.unwrap();
        let own = attended * found.size();
        assert_eq!(&found.text(1)[..own], found.text(2), "they are not read");
        assert!(gap(&found.text(1)[..own], &found.text(3)[..own]) > 1e-3);
        // What stands behind them reads the same keys as they do, not its own.
        let mut changed = ids.clone();
        changed[attended] = 9;
        let changed = Tokens::new(&changed, &types).attending(attended);
        let changed = encoder.hidden_states(&[changed]).unwrap();
        let last = own + found.size();
        assert_eq!(&changed.text(0)[..own], &found.text(1)[..own]);
        assert_eq!(&changed.text(0)[last..], &found.text(1)[last..]);
        assert!(gap(&changed.text(0)[own..last], &found.text(1)[own..last]) > 1e-3);
    }
}
