//! The colours of a heat map.

use std::fmt;

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// From 0 to 1, evenly spaced: ColorBrewer's Blues, and Oranges for what is below 0.
const BLUES: [[u8; 3]; 5] = [[255, 255, 255], [198, 219, 239], [107, 174, 214], [33, 113, 181], [8, 48, 107]];
const ORANGES: [[u8; 3]; 5] = [[255, 255, 255], [253, 208, 162], [253, 141, 60], [217, 72, 1], [127, 39, 4]];

impl Colour {
    /// For a missing value.
    pub const MISSING: Colour = Colour([217, 222, 229]);

    /// From −1 (dark orange) over 0 (white) to 1 (dark blue); further out as these.
    pub fn of(share: f64) -> Colour {
        if !share.is_finite() {
            return Colour::MISSING;
        }
        let stops = if share < 0.0 { ORANGES } else { BLUES };
        let at = share.abs().min(1.0) * (stops.len() - 1) as f64;
        let (before, part) = (at.floor() as usize, at.fract());
        let after = (before + 1).min(stops.len() - 1);
        let mixed = |channel: usize| {
            let [low, high] = [stops[before], stops[after]].map(|stop| f64::from(stop[channel]));
            (low + part * (high - low)).round() as u8
        };
        Colour([mixed(0), mixed(1), mixed(2)])
    }

    /// Whether words on it must be bright.
    pub fn is_dark(self) -> bool {
        let [red, green, blue] = self.0.map(f64::from);
        0.299 * red + 0.587 * green + 0.114 * blue < 140.0
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_darker_and_signs_differ() {
        assert_eq!(Colour::of(0.0).to_string(), "#ffffff");
        assert_eq!(Colour::of(1.0).to_string(), "#08306b");
        assert_eq!(Colour::of(7.0), Colour::of(1.0));
        assert_eq!(Colour::of(-1.0).to_string(), "#7f2704");
        assert_eq!(Colour::of(0.125).to_string(), "#e3edf7");
        assert_eq!(Colour::of(f64::NAN), Colour::MISSING);
        assert!(Colour::of(0.9).is_dark() && !Colour::of(0.3).is_dark());
    }
}
