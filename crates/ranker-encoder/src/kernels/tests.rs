//! Each instruction set against plain loops in double precision.

use proptest::prelude::*;

use super::*;

fn values(count: usize, seed: usize) -> Vec<f32> {
    let value = |i: usize| ((i * 37 + seed * 11) % 53) as f32 / 17.0 - 1.5;
    (0..count).map(value).collect()
}

/// The product by its definition.
fn naive(left: &[f32], right: &Packed, value: impl Fn(usize, usize) -> f32) -> Vec<f64> {
    let depth = right.depth();
    let cell = |row: &[f32], column: usize| -> f64 {
        let terms = row.iter().enumerate();
        terms
            .map(|(k, &x)| f64::from(x) * f64::from(value(k, column)))
            .sum()
    };
    let rows = left.chunks_exact(depth);
    rows.flat_map(|row| (0..right.columns()).map(move |column| (row, column)))
        .map(|(row, column)| cell(row, column))
        .collect()
}

fn packed(values: &[f32], columns: usize) -> Packed {
    let mut packed = Packed::default();
    packed.pack(Left::new(values, columns));
    packed
}

fn product(kernels: &Kernels, left: &[f32], right: &Packed) -> Vec<f32> {
    let left = Left::new(left, right.depth());
    let mut out = values(left.rows() * right.columns(), 3);
    kernels.multiply(&mut Tile::new(&mut out, right.columns()), left, (right, 0));
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn products_are_those_of_the_definition(
        rows in 1_usize..28, depth in 1_usize..600, columns in 1_usize..70,
    ) {
        let weights = values(depth * columns, 2);
        let right = packed(&weights, columns);
        let left = values(rows * depth, 1);
        let before = values(rows * columns, 3);
        let expected = naive(&left, &right, |k, n| weights[k * columns + n]);
        for kernels in Kernels::all() {
            let found = product(&kernels, &left, &right);
            for ((found, before), expected) in found.iter().zip(&before).zip(&expected) {
                let gap = (f64::from(*found) - f64::from(*before) - expected).abs();
                prop_assert!(gap < 2e-3, "{}: {gap}", kernels.name());
            }
        }
    }

    #[test]
    fn an_output_does_not_depend_on_what_is_computed_beside_it(
        rows in 1_usize..28, row in 0_usize..28, panel in 0_usize..4,
    ) {
        let (depth, columns) = (300, 70);
        let row = row % rows;
        let right = packed(&values(depth * columns, 2), columns);
        let left = values(rows * depth, 1);
        for kernels in Kernels::all() {
            let all = product(&kernels, &left, &right);
            let width = LANES.min(columns - panel * LANES);
            let mut alone = vec![0.0; width];
            alone.copy_from_slice(&values(rows * columns, 3)[row * columns + panel * LANES..][..width]);
            let one = Left::new(&left, depth).take_rows(row..row + 1);
            kernels.multiply(&mut Tile::new(&mut alone, width), one, (&right, panel * LANES));
            prop_assert_eq!(&alone[..], &all[row * columns + panel * LANES..][..width]);
        }
    }
}

#[test]
fn columns_that_lie_as_rows_are_packed_alike() {
    let (depth, columns) = (300, 37);
    let values = values(depth * columns, 4);
    let turned: Vec<f32> = (0..columns)
        .flat_map(|column| values.iter().skip(column).step_by(columns).copied())
        .collect();
    let mut other = packed(&[1.0; 40], 4);
    other.pack_turned(Left::new(&turned, depth));
    let left = self::values(3 * depth, 1);
    let kernels = Kernels::best();
    let expected = product(&kernels, &left, &packed(&values, columns));
    assert_eq!(product(&kernels, &left, &other), expected);
}

#[test]
fn exponentials_and_error_functions_are_right_to_rounding() {
    for i in -9_000..9_000_i16 {
        let x = f32::from(i) / 103.0;
        let exact = f64::from(x).exp();
        for found in [rows::exp::<true>(x), rows::exp::<false>(x)] {
            let gap = (f64::from(found) / exact - 1.0).abs();
            assert!(x <= -87.0 || gap < 3e-7, "{x}: {gap}");
        }
        let exact = libm::erf(f64::from(x));
        for found in [rows::erf::<true>(x), rows::erf::<false>(x)] {
            assert!((f64::from(found) - exact).abs() < 5e-7, "{x}");
        }
    }
    assert_eq!(
        (rows::exp::<true>(0.0), rows::exp::<true>(-1e30)),
        (1.0, 0.0)
    );
    assert!(rows::exp::<true>(f32::NAN).is_nan());
}

#[test]
fn rows_are_those_of_the_definitions() {
    let row = values(77, 5);
    let norm = Norm {
        weight: values(77, 6),
        bias: values(77, 7),
        epsilon: 1e-5,
    };
    let exact: Vec<f64> = row.iter().map(|&x| f64::from(x)).collect();
    let mean = exact.iter().sum::<f64>() / 77.0;
    let variance = exact.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 77.0;
    let whole: f64 = exact.iter().map(|x| (x * 0.5).exp()).sum();
    for kernels in Kernels::all() {
        let check = |work: &dyn Fn(&mut [f32]), expected: &dyn Fn(usize) -> f64| {
            let mut found = row.clone();
            work(&mut found);
            for (index, found) in found.iter().enumerate() {
                let gap = (f64::from(*found) - expected(index)).abs();
                assert!(gap < 2e-6, "{}: {gap}", kernels.name());
            }
        };
        check(&|row| kernels.softmax(row, 0.5), &|i| {
            (exact[i] * 0.5).exp() / whole
        });
        check(&|row| kernels.normalise(row, &norm), &|i| {
            let unit = (exact[i] - mean) / (variance + 1e-5).sqrt();
            unit * f64::from(norm.weight[i]) + f64::from(norm.bias[i])
        });
        check(&|row| kernels.gelu(row), &|i| {
            let x = exact[i];
            0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2))
        });
    }
}

#[test]
fn what_is_no_number_stays_so() {
    for kernels in Kernels::all() {
        let mut row = vec![0.5; 40];
        row[7] = f32::NAN;
        kernels.softmax(&mut row, 1.0);
        assert!(row.iter().all(|x| x.is_nan()), "{}", kernels.name());
    }
}
