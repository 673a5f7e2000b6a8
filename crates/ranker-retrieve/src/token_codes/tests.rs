use proptest::prelude::*;

use super::*;

/// Token vectors by seed; a token is three bytes and follows the one before.
fn tokens(dimension: usize, count: usize, seed: u64) -> TokenEmbeddings {
    let mut state = seed.wrapping_add(1);
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    let mut vectors = Vec::new();
    for _ in 0..count {
        let vector: Vec<f32> = (0..dimension).map(|_| next() + 0.05).collect();
        vectors.extend_from_slice(Embedding::normalized(vector).unwrap().as_slice());
    }
    let spans = (0..count).map(|at| 4 * at..4 * at + 3).collect();
    TokenEmbeddings::new(dimension, vectors, spans).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn max_similarity_is_that_of_the_decoded_vectors(
        dimension in 2_usize..150,
        job in 0_usize..40,
        counts in prop::collection::vec(0_usize..70, 1..4),
        seed in any::<u64>(),
    ) {
        let job = tokens(dimension, job, seed);
        let profiles: Vec<Vec<u8>> = counts
            .iter()
            .map(|&count| TwoBitCodec.encode(&tokens(dimension, count, !seed)).unwrap())
            .collect();
        let codes: Vec<&[u8]> = profiles.iter().map(Vec::as_slice).collect();
        let found = TwoBitCodec.max_similarities(&job, &codes).unwrap();
        for ((codes, count), found) in codes.iter().zip(counts).zip(found) {
            let decoded = TwoBitCodec.decode(codes).unwrap();
            let kept = Codes::read(codes).unwrap();
            prop_assert_eq!(kept.len(), count.div_ceil(POOLED));
            let plain = job.max_similarity(&decoded).unwrap();
            prop_assert!((found - plain).abs() < 0.01, "{} where {} is expected", found, plain);
        }
    }

    #[test]
    fn places_follow_one_another_and_leave_nothing_out(count in 1_usize..1100, seed in any::<u64>()) {
        let text = tokens(16, count, seed);
        let codes = TwoBitCodec.encode(&text).unwrap();
        let places = Codes::read(&codes).unwrap().places().unwrap();
        prop_assert_eq!(places[0].bytes.start, 0);
        prop_assert_eq!(places[places.len() - 1].bytes.end, 4 * count - 1);
        for pair in places.windows(2) {
            prop_assert_eq!(pair[0].bytes.end + 1, pair[1].bytes.start);
            prop_assert_ne!(pair[0].vector, pair[1].vector);
        }
        let mut vectors: Vec<usize> = places.iter().map(|place| place.vector).collect();
        vectors.sort_unstable();
        vectors.dedup();
        prop_assert_eq!(vectors, (0..count.div_ceil(POOLED)).collect::<Vec<_>>());
    }
}

#[test]
fn a_vector_comes_back_near_itself() {
    // One token a text, so that nothing is pooled.
    let mean: f32 = (0..64)
        .map(|seed| {
            let token = tokens(384, 1, seed);
            let decoded = TwoBitCodec
                .decode(&TwoBitCodec.encode(&token).unwrap())
                .unwrap();
            token.max_similarity(&decoded).unwrap()
        })
        .sum::<f32>()
        / 64.0;
    // Max's quantizer leaves 0.1188 of the variance: a cosine of 0.939.
    assert!((0.93..0.95).contains(&mean), "{mean}");
}

#[test]
fn equal_tokens_share_a_vector_wherever_they_stand() {
    let one = tokens(32, 2, 7);
    let [a, b] = [0, 1].map(|at| one.vectors().nth(at).unwrap().to_vec());
    let vectors = [&a, &a, &b, &b, &b, &a, &b, &b].map(Vec::as_slice).concat();
    let spans = (0..8).map(|at| 4 * at..4 * at + 3).collect();
    let text = TokenEmbeddings::new(32, vectors, spans).unwrap();
    let codes = TwoBitCodec.encode(&text).unwrap();
    assert_eq!(Codes::read(&codes).unwrap().len(), 2);
    let decoded = TwoBitCodec.decode(&codes).unwrap();
    assert_eq!(decoded.spans(), [0..7, 8..19, 20..23, 24..31]);
    let vectors: Vec<&[f32]> = decoded.vectors().collect();
    assert_eq!((vectors[0], vectors[1]), (vectors[2], vectors[3]));
}

/// The codes of `tokens(8, 9, 3)` as the first version wrote them.
const FIRST: &str = "0108000300001328071007a27aae5d91f6c4743ae5";

#[test]
fn codes_of_the_first_version_are_read() {
    let digits = FIRST.as_bytes().chunks(2);
    let byte = |two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
    let codes: Vec<u8> = digits.map(byte).collect();
    let decoded = TwoBitCodec.decode(&codes).unwrap();
    assert_eq!(decoded.spans(), [0..19, 20..27, 28..35]);
    let job = tokens(8, 5, 1);
    let found = TwoBitCodec.max_similarities(&job, &[&codes]).unwrap();
    let plain = job.max_similarity(&decoded).unwrap();
    assert!((found[0] - plain).abs() < 0.01, "{found:?} {plain}");
    assert!((found[0] - 0.333_023_82).abs() < 1e-6, "{found:?}");
}

#[test]
fn what_was_changed_or_cut_is_unreadable() {
    let text = tokens(24, 9, 3);
    let sound = TwoBitCodec.encode(&text).unwrap();
    for at in 0..sound.len() {
        for damaged in [sound[..at].to_vec(), {
            let mut bytes = sound.clone();
            bytes[at] ^= 1;
            bytes
        }] {
            let refused = TwoBitCodec.decode(&damaged);
            assert!(
                matches!(refused, Err(CodecError::Unreadable { .. })),
                "at {at}: {refused:?}"
            );
            let refused = TwoBitCodec.max_similarities(&text, &[&damaged]);
            assert!(
                matches!(refused, Err(CodecError::Unreadable { .. })),
                "at {at}: {refused:?}"
            );
        }
    }
}

#[test]
fn places_that_would_fill_the_memory_are_unreadable() {
    // One vector of 60,000 components, in 100,000 places: 24 GB when each has its own.
    let mut codes = vec![2];
    codes.extend(60_000_u16.to_le_bytes());
    codes.extend(1_u16.to_le_bytes());
    codes.extend([0, 2, 1].repeat(100_000));
    codes.extend(vec![0; 15_000]);
    let sum = crc32fast::hash(&codes);
    codes.extend(sum.to_le_bytes());
    let refused = TwoBitCodec.decode(&codes);
    assert!(
        matches!(refused, Err(CodecError::Unreadable { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_text_without_tokens_and_another_encoders_job() {
    let none = TwoBitCodec.encode(&tokens(24, 0, 3)).unwrap();
    let job = tokens(24, 5, 1);
    assert_eq!(TwoBitCodec.max_similarities(&job, &[&none]).unwrap(), [0.0]);
    assert!(TwoBitCodec.decode(&none).unwrap().is_empty());
    let refused = TwoBitCodec.max_similarities(&tokens(25, 5, 1), &[&none]);
    assert!(
        matches!(
            refused,
            Err(CodecError::Value(ValueError::Dimension { .. }))
        ),
        "{refused:?}"
    );
    let codes = TwoBitCodec.encode(&job).unwrap();
    assert_eq!(
        TwoBitCodec
            .max_similarities(&tokens(24, 0, 1), &[&codes])
            .unwrap(),
        [0.0]
    );
}

#[test]
fn a_profile_takes_less_than_eight_kilobytes() {
    let bytes = TwoBitCodec.encode(&tokens(384, 256, 5)).unwrap().len();
    assert!((6_100..7_200).contains(&bytes), "{bytes}");
}
