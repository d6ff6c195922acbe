//! The arithmetic of DeepLIFT (Shrikumar, Greenside & Kundaje, ICML 2017): differences from the
//! reference, multipliers, and the two rules by which they pass through a function of one number.

use crate::model::chain::Function;

impl Function {
    /// The value at `x`.
    #[inline(always)]
    pub(super) fn at(self, x: f64) -> f64 {
        match self {
            Function::Sigmoid => 1.0 / (1.0 + exp(-x)),
            Function::Tanh => {
                let power = exp(-2.0 * x.abs());
                ((1.0 - power) / (1.0 + power)).copysign(x)
            }
            Function::Exp => exp(x),
            Function::Reciprocal => 1.0 / x,
            Function::Relu => x.max(0.0),
        }
    }

    /// The values at each of these, in their place.
    #[inline(always)]
    pub(super) fn apply(self, values: &mut [f64]) {
        for value in values {
            *value = self.at(*value);
        }
    }

    /// The slope of the chord between the reference and here; of a tiny difference, that of the function.
    #[inline(always)]
    pub(super) fn chord(self, Change { x0, x, y0, y }: Change) -> f64 {
        let difference = x - x0;
        let slope = self.derivative(0.5 * (y + y0));
        if difference.abs() < SMALL { slope } else { (y - y0) / difference }
    }

    /// The derivative where the value is `y`.
    #[inline(always)]
    fn derivative(self, y: f64) -> f64 {
        match self {
            Function::Sigmoid => y * (1.0 - y),
            Function::Tanh => 1.0 - y * y,
            Function::Exp => y,
            Function::Reciprocal => -y * y,
            Function::Relu => f64::from(u8::from(y > 0.0)),
        }
    }
}

/// e to the power of `x` within three units in the last place; of numbers beyond ±708 that of the nearer end. Plain
/// arithmetic, which the compiler does for several numbers at a time, as it cannot with the library's.
#[inline(always)]
fn exp(x: f64) -> f64 {
    // adding 1.5 × 2⁵² rounds to a whole number and leaves it in the low bits
    const ROUND: f64 = 6_755_399_441_055_744.0;
    // ln 2 in two parts, the first with so few digits that its products are exact (Cody & Waite)
    const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
    // 1 / k!, from the highest power on
    const TAYLOR: [f64; 13] = [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
    ];
    let x = if x > 708.0 { 708.0 } else { x };
    let x = if x < -708.0 { -708.0 } else { x };
    let rounded = x * std::f64::consts::LOG2_E + ROUND;
    let whole = rounded - ROUND;
    let rest = (x - whole * LN_2[0]) - whole * LN_2[1];
    let mut power = 0.0;
    for coefficient in TAYLOR {
        power = (power + coefficient) * rest;
    }
    (power + 1.0) * f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52)
}

/// Below this difference the quotient of differences is replaced by the derivative.
const SMALL: f64 = 1e-7;

/// A number and its reference, before and after a function.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Argument at the reference.
    pub x0: f64,
    /// Argument.
    pub x: f64,
    /// Value at the reference.
    pub y0: f64,
    /// Value.
    pub y: f64,
}

/// A difference from the reference, or the multiplier of one. Multipliers are what a unit of the
/// difference adds to the score; they go from the score back to the inputs, differences from the
/// inputs on to the score.
pub trait Parts: Copy + Default + Send + Sync {
    /// Whether positive and negative parts are kept apart, so that differences have to be followed
    /// through the network.
    const SPLIT: bool;

    /// The parts of an input that differs by `difference`.
    fn of(difference: f64) -> Self;

    /// A multiplier of both parts.
    fn both(multiplier: f64) -> Self;

    /// The sum.
    fn plus(self, other: Self) -> Self;

    /// A difference after a weight, or a multiplier before it: a negative weight turns what raises its
    /// input into what lowers its output.
    fn through(self, weight: f64) -> Self;

    /// Part by part: a difference after a function with this slope, a multiplier before it.
    fn by(self, slope: Self) -> Self;

    /// What a difference adds to the score under this multiplier.
    fn contribution(self, difference: Self) -> f64;

    /// The slope of a function between the reference and here.
    fn slope(function: Function, change: Change, difference: Self) -> Self;

    /// Adds to each of `sums` what goes from `terms` through `weights`, rows of as many as there are sums: four
    /// terms at a time, so that sums are read and written a quarter as often.
    #[inline(always)]
    fn add_through(terms: &[Self], weights: &[f64], sums: &mut [Self]) {
        let width = sums.len();
        let (fours, rest) = terms.as_chunks::<4>();
        let (of_fours, of_rest) = weights.split_at(4 * fours.len() * width);
        for (&[a, b, c, d], weights) in fours.iter().zip(of_fours.chunks_exact(4 * width)) {
            let (of_a, weights) = weights.split_at(width);
            let (of_b, weights) = weights.split_at(width);
            let (of_c, of_d) = weights.split_at(width);
            let rows = of_a.iter().zip(of_b).zip(of_c.iter().zip(of_d));
            for (sum, ((&of_a, &of_b), (&of_c, &of_d))) in sums.iter_mut().zip(rows) {
                let [first, second] = [a.through(of_a).plus(b.through(of_b)), c.through(of_c).plus(d.through(of_d))];
                *sum = sum.plus(first.plus(second));
            }
        }
        for (&term, weights) in rest.iter().zip(of_rest.chunks_exact(width)) {
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum = sum.plus(term.through(weight));
            }
        }
    }

    /// The same of several: arguments at the reference and here, then values at both.
    #[inline(always)]
    fn slopes(function: Function, [x0, x, y0, y]: [&[f64]; 4], differences: &[Self], slopes: &mut [Self]) {
        let pairs = x0.iter().zip(x).zip(y0.iter().zip(y)).zip(differences);
        for (slope, (((&x0, &x), (&y0, &y)), &difference)) in slopes.iter_mut().zip(pairs) {
            *slope = Self::slope(function, Change { x0, x, y0, y }, difference);
        }
    }
}

/// The Rescale rule: the slope of the chord.
pub type Whole = f64;

impl Parts for Whole {
    const SPLIT: bool = false;

    #[inline(always)]
    fn of(difference: f64) -> Self {
        difference
    }

    #[inline(always)]
    fn both(multiplier: f64) -> Self {
        multiplier
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }

    #[inline(always)]
    fn through(self, weight: f64) -> Self {
        self * weight
    }

    #[inline(always)]
    fn by(self, slope: Self) -> Self {
        self * slope
    }

    #[inline(always)]
    fn contribution(self, difference: Self) -> f64 {
        self * difference
    }

    #[inline(always)]
    fn slope(function: Function, change: Change, _: Self) -> Self {
        function.chord(change)
    }
}

/// The RevealCancel rule: the positive and the negative part each get the mean of what they add when
/// they come first and when they come second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signed {
    up: f64,
    down: f64,
}

impl Parts for Signed {
    const SPLIT: bool = true;

    fn of(difference: f64) -> Self {
        Signed { up: difference.max(0.0), down: difference.min(0.0) }
    }

    fn both(multiplier: f64) -> Self {
        Signed { up: multiplier, down: multiplier }
    }

    fn plus(self, other: Self) -> Self {
        Signed { up: self.up + other.up, down: self.down + other.down }
    }

    fn through(self, weight: f64) -> Self {
        let (keeps, turns) = (weight.max(0.0), weight.min(0.0));
        Signed { up: keeps * self.up + turns * self.down, down: keeps * self.down + turns * self.up }
    }

    fn by(self, slope: Self) -> Self {
        Signed { up: self.up * slope.up, down: self.down * slope.down }
    }

    fn contribution(self, difference: Self) -> f64 {
        self.up * difference.up + self.down * difference.down
    }

    fn slope(function: Function, Change { x0, x, y0, y }: Change, difference: Self) -> Self {
        let Signed { up, down } = difference;
        let (after_up, after_down) = (function.at(x0 + up), function.at(x0 + down));
        let mean = |first: f64, second: f64, part: f64, without: f64| {
            if part.abs() < SMALL {
                let derivative = |x: f64| function.derivative(function.at(x));
                return 0.5 * (derivative(x0 + 0.5 * part) + derivative(without + 0.5 * part));
            }
            0.5 * (first + second) / part
        };
        // the parts add up to x − x0 but for rounding, which would be large beside a tiny part
        Signed {
            up: mean(after_up - y0, y - after_down, up, x0 + down),
            down: mean(after_down - y0, y - after_up, down, x - down),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTIONS: [Function; 5] =
        [Function::Sigmoid, Function::Tanh, Function::Exp, Function::Reciprocal, Function::Relu];

    #[test]
    fn powers_are_those_of_the_library() {
        for step in -70_000..=70_000 {
            let x = f64::from(step) * 0.01 + 1e-5;
            let found = exp(x);
            assert!((found / x.exp() - 1.0).abs() < 7e-16, "{x}: {found:e}");
        }
        assert_eq!([exp(0.0), exp(f64::INFINITY), exp(-1e9)], [1.0, exp(708.0), exp(-708.0)]);
        assert!(exp(f64::NAN).is_nan());
    }

    /// Both rules: what goes in times its slope is what comes out.
    #[test]
    fn slopes_give_back_the_difference() {
        for function in FUNCTIONS {
            for (up, down) in
                [(0.7, -0.3), (0.2, -0.9), (0.4, 0.0), (0.0, -0.4), (1e-9, -0.5), (1e-9, -1e-9), (0.0, 0.0)]
            {
                let (x0, x) = (1.0, 1.0 + up + down);
                let change = Change { x0, x, y0: function.at(x0), y: function.at(x) };
                let rescale = Whole::slope(function, change, x - x0) * (x - x0);
                let signed = Signed { up, down };
                let parts = signed.by(Signed::slope(function, change, signed));
                let expected = change.y - change.y0;
                assert!((rescale - expected).abs() < 1e-12, "{function:?} {up} {down}: {rescale} {expected}");
                assert!(
                    (parts.up + parts.down - expected).abs() < 1e-12,
                    "{function:?} {up} {down}: {parts:?} {expected}"
                );
            }
        }
    }

    /// Shrikumar et al.'s example: two inputs that cancel in min(a, b) = a − max(a − b, 0).
    #[test]
    fn reveal_cancel_shares_out_what_rescale_gives_to_one() {
        let (a, b) = (0.8, 0.5);
        let change = Change { x0: 0.0, x: a - b, y0: 0.0, y: a - b };
        let rescale = Whole::slope(Function::Relu, change, a - b);
        assert_eq!(a - a.through(1.0).by(rescale), 0.0, "rescale gives a nothing");
        let difference = Signed::of(a).plus(Signed::of(b).through(-1.0));
        let slope = Signed::slope(Function::Relu, change, difference);
        let after = difference.by(slope);
        assert!((after.up - 0.55).abs() < 1e-12 && (after.down + 0.25).abs() < 1e-12, "{after:?}");
        assert!((a - after.up - 0.25).abs() < 1e-12 && (-after.down - 0.25).abs() < 1e-12, "half of the minimum each");
    }
}
