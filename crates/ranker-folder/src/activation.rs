//! Functions of one number that end a linear map.

/// A function that a layer applies to each number in the end, by PyTorch's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activation {
    /// Nothing.
    Identity,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `max(x, 0)`.
    Relu,
    /// `x` times the normal distribution's function of `x` (exact, not by the hyperbolic tangent).
    Gelu,
    /// `x` times the sigmoid of `x`.
    Silu,
    /// `x`, or `0.01 x` where it is negative.
    LeakyRelu,
    /// `x`, or `exp(x) - 1` where it is negative.
    Elu,
    /// `ln(1 + exp(x))`.
    Softplus,
}

impl Activation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Identity,
        Self::Tanh,
        Self::Sigmoid,
        Self::Relu,
        Self::Gelu,
        Self::Silu,
        Self::LeakyRelu,
        Self::Elu,
        Self::Softplus,
    ];

    /// The class's name in `torch.nn`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "Identity",
            Self::Tanh => "Tanh",
            Self::Sigmoid => "Sigmoid",
            Self::Relu => "ReLU",
            Self::Gelu => "GELU",
            Self::Silu => "SiLU",
            Self::LeakyRelu => "LeakyReLU",
            Self::Elu => "ELU",
            Self::Softplus => "Softplus",
        }
    }

    /// The function of a class that is named with its path, such as `torch.nn.modules.activation.Tanh`.
    #[must_use]
    pub fn of_class(class: &str) -> Option<Self> {
        let name = class.strip_prefix("torch.nn.")?.rsplit('.').next()?;
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The function.
    #[must_use]
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Self::Identity => x,
            Self::Tanh => x.tanh(),
            Self::Sigmoid => sigmoid(x),
            // Not `f32::max`, which would hide a NaN.
            Self::Relu => match x < 0.0 {
                true => 0.0,
                false => x,
            },
            Self::Gelu => (f64::from(x) * normal(f64::from(x))) as f32,
            Self::Silu => x * sigmoid(x),
            Self::LeakyRelu => match x < 0.0 {
                true => 0.01 * x,
                false => x,
            },
            Self::Elu => match x < 0.0 {
                true => x.exp_m1(),
                false => x,
            },
            // PyTorch takes it for linear above 20.
            Self::Softplus => match x > 20.0 {
                true => x,
                false => x.exp().ln_1p(),
            },
        }
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The standard normal distribution's function, by formula 7.1.26 of Abramowitz and Stegun (1964) for the
/// error function, whose error is below 1.5e-7.
fn normal(x: f64) -> f64 {
    let z = x.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let terms = [
        1.061_405_429,
        -1.453_152_027,
        1.421_413_741,
        -0.284_496_736,
        0.254_829_592,
    ];
    let polynomial = terms.iter().fold(0.0, |sum, term| sum * t + term) * t;
    let beyond = polynomial * (-z * z).exp() / 2.0;
    match x < 0.0 {
        true => beyond,
        false => 1.0 - beyond,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_found_by_their_paths() {
        for (class, expected) in [
            (
                "torch.nn.modules.linear.Identity",
                Some(Activation::Identity),
            ),
            ("torch.nn.modules.activation.Tanh", Some(Activation::Tanh)),
            ("torch.nn.Sigmoid", Some(Activation::Sigmoid)),
            ("torch.nn.modules.activation.Softmax", None),
            ("my_package.Tanh", None),
            ("Tanh", None),
        ] {
            assert_eq!(Activation::of_class(class), expected, "{class}");
        }
    }

    #[test]
    fn a_nan_stays_to_be_seen() {
        for one in Activation::ALL {
            assert!(one.apply(f32::NAN).is_nan(), "{one:?}");
        }
    }

    #[test]
    fn nothing_overflows_far_out() {
        for one in Activation::ALL {
            for x in [-1e30_f32, -100.0, 100.0, 1e30] {
                assert!(one.apply(x).is_finite(), "{one:?} of {x}");
            }
        }
    }
}
