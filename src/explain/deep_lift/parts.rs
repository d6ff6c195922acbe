//! The arithmetic of DeepLIFT (Shrikumar, Greenside & Kundaje, ICML 2017): differences from the
//! reference, multipliers, and the two rules by which they pass through a function of one number.

use crate::model::chain::Function;

impl Function {
    /// The value at `x`.
    pub(super) fn at(self, x: f64) -> f64 {
        match self {
            Function::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            // in half the time of the library's, which is exact to the last bit of small numbers too
            Function::Tanh => {
                let power = (-2.0 * x.abs()).exp();
                ((1.0 - power) / (1.0 + power)).copysign(x)
            }
            Function::Exp => x.exp(),
            Function::Reciprocal => 1.0 / x,
            Function::Relu => x.max(0.0),
        }
    }

    /// The slope of the chord between the reference and here; of a tiny difference, that of the function.
    pub(super) fn chord(self, Change { x0, x, y0, y }: Change) -> f64 {
        let difference = x - x0;
        if difference.abs() < SMALL { self.derivative(0.5 * (x + x0)) } else { (y - y0) / difference }
    }

    fn derivative(self, x: f64) -> f64 {
        let y = self.at(x);
        match self {
            Function::Sigmoid => y * (1.0 - y),
            Function::Tanh => 1.0 - y * y,
            Function::Exp => y,
            Function::Reciprocal => -y * y,
            Function::Relu => f64::from(u8::from(x > 0.0)),
        }
    }
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
}

/// The Rescale rule: the slope of the chord.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Whole(f64);

impl Parts for Whole {
    const SPLIT: bool = false;

    fn of(difference: f64) -> Self {
        Whole(difference)
    }

    fn both(multiplier: f64) -> Self {
        Whole(multiplier)
    }

    fn plus(self, other: Self) -> Self {
        Whole(self.0 + other.0)
    }

    fn through(self, weight: f64) -> Self {
        Whole(self.0 * weight)
    }

    fn by(self, slope: Self) -> Self {
        Whole(self.0 * slope.0)
    }

    fn contribution(self, difference: Self) -> f64 {
        self.0 * difference.0
    }

    fn slope(function: Function, change: Change, _: Self) -> Self {
        Whole(function.chord(change))
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
                return 0.5 * (function.derivative(x0 + 0.5 * part) + function.derivative(without + 0.5 * part));
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

    /// Both rules: what goes in times its slope is what comes out.
    #[test]
    fn slopes_give_back_the_difference() {
        for function in FUNCTIONS {
            for (up, down) in
                [(0.7, -0.3), (0.2, -0.9), (0.4, 0.0), (0.0, -0.4), (1e-9, -0.5), (1e-9, -1e-9), (0.0, 0.0)]
            {
                let (x0, x) = (1.0, 1.0 + up + down);
                let change = Change { x0, x, y0: function.at(x0), y: function.at(x) };
                let rescale = Whole::slope(function, change, Whole(x - x0)).0 * (x - x0);
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
        let rescale = Whole::slope(Function::Relu, change, Whole(a - b));
        assert_eq!(a - Whole(a).through(1.0).by(rescale).0, 0.0, "rescale gives a nothing");
        let difference = Signed::of(a).plus(Signed::of(b).through(-1.0));
        let slope = Signed::slope(Function::Relu, change, difference);
        let after = difference.by(slope);
        assert!((after.up - 0.55).abs() < 1e-12 && (after.down + 0.25).abs() < 1e-12, "{after:?}");
        assert!((a - after.up - 0.25).abs() < 1e-12 && (-after.down - 0.25).abs() < 1e-12, "half of the minimum each");
    }
}
