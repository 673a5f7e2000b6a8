use proptest::prelude::*;

use super::*;

/// Components that catch wrapped sums, lost signs and swapped halves.
fn byte() -> impl Strategy<Value = i8> {
    prop_oneof![Just(i8::MIN), Just(i8::MAX), Just(0), any::<i8>()]
}

fn lines(count: usize) -> impl Strategy<Value = Vec<Line>> {
    let line = prop::collection::vec(byte(), LINE).prop_map(|line| {
        let mut out = Line::ZERO;
        out.0.copy_from_slice(&line);
        out
    });
    prop::collection::vec(line, count)
}

fn plain(a: &[Line], b: &[Line]) -> i64 {
    let pairs = a.iter().zip(b).flat_map(|(a, b)| a.0.iter().zip(&b.0));
    pairs.map(|(&a, &b)| i64::from(a) * i64::from(b)).sum()
}

fn halves(count: usize) -> impl Strategy<Value = Vec<[u16; GROUP]>> {
    let half = (0_u16..2000).prop_map(|x| narrow(f32::from(x) / 100.0));
    let group = prop::collection::vec(half, GROUP);
    let group = group.prop_map(|group| std::array::from_fn(|row| group[row]));
    prop::collection::vec(group, count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn int8_products_are_the_plain_sums(
        (query, rows, picks) in (0_usize..9, 0_usize..11).prop_flat_map(|(width, count)| (
            lines(width),
            lines(width * count),
            prop::collection::vec(0..count.max(1) as u32, if width * count == 0 { 0 } else { 7 }),
        ))
    ) {
        let width = query.len();
        let count = rows.len() / width.max(1);
        for kernels in all() {
            let mut out = vec![7; count];
            let prepared = ByteQuery::new(query.clone());
            kernels.products(&prepared, &rows, &mut out);
            for (row, &out) in out.iter().enumerate() {
                let expected = plain(&query, &rows[row * width..][..width]);
                prop_assert_eq!(i64::from(out), expected, "{}", kernels.name());
            }
            let mut out = vec![7; picks.len()];
            kernels.picked(&prepared, &rows, &picks, &mut out);
            for (&pick, &out) in picks.iter().zip(&out) {
                let expected = plain(&query, &rows[pick as usize * width..][..width]);
                prop_assert_eq!(i64::from(out), expected, "{}", kernels.name());
            }
        }
    }

    #[test]
    fn scaled_products_that_exceed(
        products in prop::collection::vec((any::<i32>(), 0_u16..300), 0..200),
        threshold in prop_oneof![Just(f32::NEG_INFINITY), Just(f32::INFINITY), (-9_i8..9).prop_map(f32::from)],
    ) {
        let products = products.into_iter().map(|(x, scale)| (x >> (scale % 32), f32::from(scale) / 64.0));
        let (products, scales): (Vec<i32>, Vec<f32>) = products.unzip();
        for kernels in all() {
            let mut out = vec![u64::MAX; products.len().div_ceil(64)];
            let scaled = ScaledProducts {
                products: &products,
                scales: &scales,
            };
            kernels.exceed(scaled, threshold, &mut out);
            for row in 0..64 * out.len() {
                let pair = products.get(row).zip(scales.get(row));
                let exceeds = pair.is_some_and(|(&x, scale)| x as f32 * scale > threshold);
                prop_assert_eq!(out[row / 64] >> (row % 64) & 1 == 1, exceeds, "{}", kernels.name());
            }
        }
    }

    #[test]
    fn estimates_are_the_same_on_every_machine(
        (planes, words, factors) in (1_usize..70, 0_usize..4).prop_flat_map(|(width, groups)| (
            prop::collection::vec(any::<[u64; PLANES]>(), width),
            prop::collection::vec(any::<[u64; GROUP]>().prop_map(Words), width * groups),
            halves(groups),
        )),
        scale in 1_u16..500,
        shift in -5000_i16..5000,
        threshold in -5000_i16..5000,
        signs in prop::collection::vec(any::<u64>(), 70),
        cutoff in prop_oneof![Just(u64::MAX), 0_u64..4500],
        wanted in prop::collection::vec(prop_oneof![Just(0), Just(u8::MAX), any::<u8>()], 4),
    ) {
        let signs = signs[..planes.len()].to_vec();
        let query = BitQuery { planes, signs, cutoff, scale: f32::from(scale) / 64.0, shift: shift.into() };
        let rows = BitRows { words: &words, factors: &factors };
        let estimate = |kernels: &Kernels| {
            let mut values = vec![[0.0; GROUP]; factors.len()];
            let mut above = wanted[..factors.len()].to_vec();
            let out = Estimates { values: &mut values, above: &mut above };
            kernels.estimate(&query, rows, threshold.into(), out);
            (values, above)
        };
        let expected = estimate(&portable::KERNELS);
        for kernels in all() {
            prop_assert_eq!(&estimate(&kernels), &expected, "{}", kernels.name());
        }
        let hamming = |kernels: &Kernels| {
            let mut out = vec![[9; GROUP]; factors.len()];
            kernels.hamming(&query.signs, &words, &mut out);
            out
        };
        let apart = hamming(&portable::KERNELS);
        for kernels in all() {
            prop_assert_eq!(&hamming(&kernels), &apart, "{}", kernels.name());
        }
        for (group, values) in expected.0.iter().enumerate() {
            for (row, value) in values.iter().enumerate() {
                let bit = expected.1[group] >> row & 1 == 1;
                let near = apart[group][row] <= cutoff && wanted[group] >> row & 1 == 1;
                prop_assert_eq!(bit, near && *value > f32::from(threshold));
            }
        }
    }

    #[test]
    fn near_rows_are_those_within_the_cutoff(
        (signs, words) in (1_usize..20, 1_usize..6, prop_oneof![0_usize..11, 60_usize..140]).prop_flat_map(|(width, queries, groups)| (
            prop::collection::vec(prop::collection::vec(any::<u64>(), width), queries),
            prop::collection::vec(any::<[u64; GROUP]>().prop_map(Words), width * groups),
        )),
        cutoffs in prop::collection::vec(prop_oneof![Just(0), Just(u64::MAX), 20_u64..700], 6),
        allowed in prop::collection::vec(any::<u64>(), 18),
    ) {
        let width = signs[0].len();
        let groups = words.len() / width;
        let queries = signs.into_iter().zip(cutoffs).map(|(signs, cutoff)| BitQuery {
            planes: Vec::new(),
            signs,
            cutoff,
            scale: 1.0,
            shift: 0.0,
        });
        let queries: Vec<BitQuery> = queries.collect();
        let all_queries = SignQueries::new(queries.iter());
        for kernels in all() {
            let mut out = vec![9; queries.len() * groups];
            kernels.near(&all_queries, &words, &mut out);
            for (at, (query, out)) in queries.iter().zip(out.chunks(groups.max(1))).enumerate() {
                let cutoff = Cutoff::new(query.cutoff, width);
                let mut expected = Vec::new();
                for row in 0..GROUP * groups {
                    let words = &words[row / GROUP * width..][..width];
                    let pairs = words.iter().zip(&query.signs);
                    let differ = |(word, sign): (&Words, &u64)| (word.0[row % GROUP] ^ sign).count_ones();
                    let apart: u32 = pairs.clone().map(differ).sum();
                    let first: u32 = pairs.skip(width - cutoff.words).map(differ).sum();
                    let near = u64::from(first) <= cutoff.most;
                    let reported = out[row / GROUP] >> (row % GROUP) & 1 == 1;
                    prop_assert_eq!(reported, near, "{}", kernels.name());
                    let may = allowed[row / 64] >> (row % 64) & 1 == 1;
                    let within = u64::from(apart) <= query.cutoff;
                    expected.extend((near && may && within).then_some(1000 + row as u32));
                }
                let rows = NearRows { words: &words, near: out, allowed: &allowed, first: 1000 };
                let mut picks = [0; 140 * GROUP];
                let kept = kernels.within(all_queries.query(at), rows, &mut picks);
                prop_assert_eq!(&picks[..kept], expected, "{}", kernels.name());
            }
        }
    }

    #[test]
    fn bf16_is_near(value in -1_000_000_i32..1_000_000) {
        let value = value as f32 / 1e3;
        prop_assert!((widen(narrow(value)) - value).abs() <= value.abs() / 256.0);
    }
}

#[test]
fn extremes_and_emptiness() {
    let (least, most) = (Line([i8::MIN; LINE]), Line([i8::MAX; LINE]));
    for kernels in all() {
        for (a, b) in [(least, least), (least, most), (most, most), (most, least)] {
            let (query, row) = (vec![a; 64], vec![b; 64]);
            let mut out = [0];
            kernels.products(&ByteQuery::new(query.clone()), &row, &mut out);
            assert_eq!(i64::from(out[0]), plain(&query, &row), "{}", kernels.name());
        }
        let nothing = ByteQuery::new(Vec::new());
        kernels.products(&nothing, &[], &mut []);
        kernels.near(&SignQueries::new([].into_iter()), &[], &mut []);
        kernels.picked(&nothing, &[], &[], &mut []);
        let planes = vec![[u64::MAX, u64::MAX, u64::MAX, 0]; 64];
        let signs = vec![0; 64];
        let query = BitQuery {
            planes,
            signs,
            cutoff: u64::MAX,
            scale: 1.0,
            shift: 0.0,
        };
        let (words, factors) = (vec![Words([u64::MAX; GROUP]); 64], [[narrow(1.0); GROUP]]);
        let rows = BitRows {
            words: &words,
            factors: &factors,
        };
        let (mut values, mut above) = ([[0.0; GROUP]], [u8::MAX]);
        let out = Estimates {
            values: &mut values,
            above: &mut above,
        };
        kernels.estimate(&query, rows, 0.0, out);
        assert_eq!(
            (values[0], above[0]),
            ([7.0 * 4096.0; GROUP], 255),
            "{}",
            kernels.name()
        );
    }
}

#[test]
#[should_panic(expected = "held")]
fn a_row_beyond_the_end_is_refused() {
    let query = ByteQuery::new(vec![Line::ZERO]);
    kernels().picked(&query, &[Line::ZERO], &[1], &mut [0]);
}
