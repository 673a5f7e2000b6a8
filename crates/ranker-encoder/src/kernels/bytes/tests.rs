//! Each instruction set against plain integers, and products of bytes against those of floats.

use proptest::prelude::*;

use super::*;

/// Values from −1.5 to 1.5, some of them 20 times as great.
fn values(count: usize, seed: usize) -> Vec<f32> {
    let value = |i: usize| {
        let value = ((i * 37 + seed * 11) % 53) as f32 / 17.0 - 1.5;
        if i % 97 == seed { 20.0 * value } else { value }
    };
    (0..count).map(value).collect()
}

/// Codes and weights of all kinds, the greatest and least ones most often.
fn extreme(i: usize, greatest: i32, least: i32) -> i32 {
    match i * 7 % 5 {
        0 | 3 => greatest,
        1 | 2 => least,
        _ => least + (i * 31 % 200) as i32 % (greatest - least),
    }
}

#[test]
fn sums_are_the_same_on_every_instruction_set_extremes_included() {
    for (rows, depth, count) in [
        (1, 1, 1),
        (13, 37, 50),
        (27, 384, 33),
        (12, 1536, 64),
        (5, 3000, 16),
    ] {
        let steps: usize = usize::div_ceil(depth, 4);
        for all_greatest in [true, false] {
            let code = |i| {
                if all_greatest {
                    255
                } else {
                    extreme(i, 255, 0)
                }
            };
            let weight = |i| {
                if all_greatest {
                    -127
                } else {
                    extreme(i, 127, -127)
                }
            };
            let left: Vec<u8> = (0..rows * 4 * steps).map(|i| code(i) as u8).collect();
            let panels = usize::div_ceil(count, LANES);
            let line = |line: usize| {
                let weight = |lane, i| weight((line * LANES + lane) * 4 + i) as i8;
                Quads(std::array::from_fn(|lane| {
                    std::array::from_fn(|i| weight(lane, i))
                }))
            };
            let lines: Vec<Quads> = (0..panels * steps).map(line).collect();
            let naive = |row: usize, panel: usize, lane: usize| -> i32 {
                let one = |k: usize| {
                    let weight = lines[panel * steps + k / 4].0[lane][k % 4];
                    i32::from(left[row * 4 * steps + k]) * i32::from(weight)
                };
                (0..4 * steps).map(one).sum()
            };
            for kernels in Kernels::all() {
                for width in kernels.bytes {
                    for &(height, multiply) in width.loops {
                        if height > rows || width.panels > panels {
                            continue;
                        }
                        let mut sums = [[[77; LANES]; WIDEST]; TALLEST];
                        let operands = Operands {
                            left: (left.as_ptr(), 4 * steps),
                            panels: &lines[..width.panels * steps],
                            steps,
                        };
                        // SAFETY: the instructions were detected, and the rows are there.
                        unsafe { multiply(operands, &mut sums) };
                        for (row, sums) in sums[..height].iter().enumerate() {
                            for (panel, sums) in sums[..width.panels].iter().enumerate() {
                                for (lane, &sum) in sums.iter().enumerate() {
                                    assert_eq!(sum, naive(row, panel, lane), "{}", kernels.name());
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The product in double precision, with the row's length and the column's: rounding is measured by both.
fn naive(row: &[f32], column: &[f32]) -> f64 {
    let terms = row.iter().zip(column);
    terms.map(|(&x, &w)| f64::from(x) * f64::from(w)).sum()
}

fn product(kernels: &Kernels, (left, depth): (&[f32], usize), right: &PackedBytes) -> Vec<f32> {
    let mut codes = Codes::default();
    let left = kernels.code(Left::new(left, depth), &mut codes);
    let mut out = vec![9.0; left.rows() * right.columns()];
    let mut tile = Tile::new(&mut out, right.columns());
    kernels.multiply_bytes(&mut tile, left, (right, 0), Then::Nothing);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn products_are_those_of_floats_up_to_half_a_step_a_value(
        rows in 1_usize..28, depth in 1_usize..600, columns in 1_usize..70,
    ) {
        let weights = values(columns * depth, 2);
        let right = PackedBytes::pack_turned(Left::new(&weights, depth), &[0.5; 70]);
        let left = values(rows * depth, 1);
        for kernels in Kernels::all() {
            let found = product(&kernels, (&left, depth), &right);
            for (row, found) in left.chunks_exact(depth).zip(found.chunks_exact(columns)) {
                let least = row.iter().copied().fold(f32::MAX, f32::min);
                let step = row.iter().copied().fold(f32::MIN, f32::max) - least;
                let step = f64::from(step / 255.0);
                for (column, found) in weights.chunks_exact(depth).zip(found) {
                    let top = column.iter().fold(0.0_f32, |top, x| top.max(x.abs()));
                    let scale = f64::from(top / 127.0);
                    let terms = row.iter().zip(column).map(|(&x, &w)| {
                        let (x, w) = (f64::from(x.abs()), f64::from(w.abs()));
                        0.5001 * (step * (w + scale / 2.0) + scale * x)
                    });
                    let most = terms.sum::<f64>() + 1e-4;
                    let gap = (f64::from(*found) - 0.5 - naive(row, column)).abs();
                    prop_assert!(gap <= most, "{}: {gap} above {most}", kernels.name());
                }
            }
        }
    }

    #[test]
    fn an_output_does_not_depend_on_what_is_computed_beside_it(
        rows in 1_usize..28, row in 0_usize..28, panel in 0_usize..5, width in 1_usize..70,
    ) {
        let (depth, columns, row) = (301, 70, row % rows);
        let first = panel * LANES;
        let width = width.min(columns - first);
        let bias = values(columns, 5);
        let right = PackedBytes::pack_turned(Left::new(&values(columns * depth, 2), depth), &bias);
        let left = values(rows * depth, 1);
        let added = values(rows * columns, 4);
        for kernels in Kernels::all() {
            for then in [Then::Nothing, Then::Gelu, Then::Add(Left::new(&added, columns))] {
                let mut codes = Codes::default();
                let all = kernels.code(Left::new(&left, depth), &mut codes);
                let mut out = vec![0.0; rows * columns];
                kernels.multiply_bytes(&mut Tile::new(&mut out, columns), all, (&right, 0), then);
                let mut codes = Codes::default();
                let one = kernels.code(Left::new(&left, depth).take_rows(row..row + 1), &mut codes);
                let then = match then {
                    Then::Add(rows) => Then::Add(rows.take_rows(row..row + 1).columns(first..first + width)),
                    then => then,
                };
                let mut alone = vec![0.0; width];
                kernels.multiply_bytes(&mut Tile::new(&mut alone, width), one, (&right, first), then);
                prop_assert_eq!(&alone[..], &out[row * columns + first..][..width]);
            }
        }
    }
}

#[test]
fn what_follows_a_product_is_done_to_it() {
    let (depth, columns) = (40, 37);
    let right = PackedBytes::pack_turned(Left::new(&values(columns * depth, 2), depth), &[0.5; 37]);
    let (left, added) = (values(3 * depth, 1), values(3 * columns, 6));
    for kernels in Kernels::all() {
        let plain = product(&kernels, (&left, depth), &right);
        let with = |then| {
            let mut codes = Codes::default();
            let left = kernels.code(Left::new(&left, depth), &mut codes);
            let mut out = vec![0.0; 3 * columns];
            let mut tile = Tile::new(&mut out, columns);
            kernels.multiply_bytes(&mut tile, left, (&right, 0), then);
            out
        };
        let sums = plain.iter().zip(&added).map(|(x, y)| x + y);
        let sums: Vec<f32> = sums.collect();
        assert_eq!(with(Then::Add(Left::new(&added, columns))), sums);
        let mut active = plain.clone();
        kernels.gelu(&mut active);
        let active = active.iter().zip(with(Then::Gelu));
        assert!(active.into_iter().all(|(a, b)| (a - b).abs() < 1e-5));
    }
}

#[test]
fn codes_reach_from_the_least_to_the_greatest_value() {
    for kernels in Kernels::all() {
        let mut codes = [7; 70];
        let mut row = values(70, 3);
        let span = (kernels.code)(&row, &mut codes);
        assert!(codes.contains(&0) && codes.contains(&255));
        for (value, code) in row.iter().zip(codes) {
            let back = span.low + f32::from(code) * span.step;
            assert!((value - back).abs() <= 0.501 * span.step);
        }
        // One value alone, twice as well, has no range.
        let span = (kernels.code)(&[-3.0; 70], &mut codes);
        assert_eq!((span.low, span.step, codes), (-3.0, 0.0, [0; 70]));
        row[69] = f32::NEG_INFINITY;
        for wrong in [f32::NAN, f32::INFINITY] {
            row[40] = wrong;
            assert!((kernels.code)(&row, &mut codes).low.is_nan());
        }
    }
}

#[test]
fn what_is_no_number_stays_so() {
    let mut weights = values(2 * 40, 2);
    weights[50] = f32::INFINITY;
    let right = PackedBytes::pack_turned(Left::new(&weights, 40), &[0.5; 2]);
    let mut left = values(2 * 40, 1);
    left[79] = f32::NAN;
    for kernels in Kernels::all() {
        let found = product(&kernels, (&left, 40), &right);
        assert!(found[0].is_finite() && found[1..].iter().all(|x| x.is_nan()));
    }
}
