//! Small charts as inline SVG: axes, lines, dots, bars. Colours and strokes are CSS classes that the
//! page defines, so that one chart fits a light and a dark page.

mod axis;
mod colour;
mod letter;
mod sheet;

pub use axis::Axis;
pub use colour::Colour;
pub use sheet::{Panel, column, sheet};

use std::fmt::Write;

use super::html::escaped;

/// A chart being drawn; layers lie over one another in the order in which they are added. Coordinates
/// are those of the axes; a point outside of them is drawn outside and cut off.
#[derive(Clone, Debug)]
pub struct Chart {
    x: Axis,
    y: Axis,
    width: f64,
    height: f64,
    left: f64,
    body: String,
}

const TOP: f64 = 10.0;
const RIGHT: f64 = 14.0;
const BOTTOM: f64 = 40.0;
/// Width of a letter of the tick labels, about.
const LETTER: f64 = 6.2;
/// Points that are closer than this (in pixels) to the one before are left out of a line.
const FINEST: f64 = 0.3;

impl Chart {
    /// An empty chart of a size in pixels, labels included.
    pub fn new(x: Axis, y: Axis, width: f64, height: f64) -> Self {
        let longest = y.ticks.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
        let title = if y.title.is_empty() { 8.0 } else { 24.0 };
        Chart { left: title + LETTER * longest as f64 + 6.0, x, y, width, height, body: String::new() }
    }

    /// A line through points.
    pub fn line(&mut self, points: &[(f64, f64)], class: &str, title: &str) {
        let mut path = String::new();
        let mut last: Option<(f64, f64)> = None;
        for (at, &(x, y)) in points.iter().enumerate() {
            if !(x.is_finite() && y.is_finite()) {
                last = None;
                continue;
            }
            let (x, y) = (self.across(x), self.down(y));
            let is_close = last.is_some_and(|(other, above)| (x - other).hypot(y - above) < FINEST);
            if is_close && at + 1 < points.len() {
                continue;
            }
            let _ = write!(path, "{}{} {}", if last.is_none() { 'M' } else { 'L' }, pixels(x), pixels(y));
            last = Some((x, y));
        }
        let title = titled(title);
        let _ = writeln!(self.body, "<path class=\"line {class}\" d=\"{path}\">{title}</path>");
    }

    /// A dot.
    pub fn dot(&mut self, (x, y): (f64, f64), class: &str, title: &str) {
        let (x, y) = (pixels(self.across(x)), pixels(self.down(y)));
        let title = titled(title);
        let _ = writeln!(self.body, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"3\">{title}</circle>");
    }

    /// A filled box between two corners.
    pub fn bar(&mut self, from: (f64, f64), to: (f64, f64), class: &str, title: &str) {
        self.rect(from, to, &format!("class=\"{class}\""), title);
    }

    /// A filled box between two corners in a colour of its own, with a word in its middle.
    pub fn cell(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour, word: &str, title: &str) {
        self.rect(from, to, &format!("fill=\"{colour}\""), title);
        if !word.is_empty() {
            let x = pixels((self.across(from.0) + self.across(to.0)) / 2.0);
            let y = pixels((self.down(from.1) + self.down(to.1)) / 2.0 + 4.0);
            let class = if colour.is_dark() { "mid bright" } else { "mid" };
            let _ = writeln!(self.body, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(word));
        }
    }

    /// A base, stretched from the first corner, on which it stands, to the second: upside down where that is below.
    pub fn letter(&mut self, (x0, y0): (f64, f64), (x1, y1): (f64, f64), letter: char, title: &str) {
        let Some(outline) = letter::outline(letter) else { return };
        let (left, width) = (self.across(x0), self.across(x1) - self.across(x0));
        let (top, height) = (self.down(y1), self.down(y0) - self.down(y1));
        if height.abs() < 0.1 {
            return;
        }
        let (left, top, title) = (pixels(left), pixels(top), titled(title));
        let _ = writeln!(
            self.body,
            "<path class=\"base {letter}\" transform=\"translate({left} {top}) scale({width:.2} {height:.2})\" d=\"{outline}\">{title}</path>"
        );
    }

    fn rect(&mut self, (x0, y0): (f64, f64), (x1, y1): (f64, f64), look: &str, title: &str) {
        let (left, right) = (self.across(x0.min(x1)), self.across(x0.max(x1)));
        let (top, bottom) = (self.down(y0).min(self.down(y1)), self.down(y0).max(self.down(y1)));
        let [x, y, width, height] = [left, top, right - left, bottom - top].map(pixels);
        let title = titled(title);
        let _ = writeln!(
            self.body,
            "<rect {look} x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\">{title}</rect>"
        );
    }

    /// A word at a point, to its right.
    pub fn word(&mut self, (x, y): (f64, f64), text: &str) {
        let (x, y) = (pixels(self.across(x) + 5.0), pixels(self.down(y) + 3.5));
        let _ = writeln!(self.body, "<text x=\"{x}\" y=\"{y}\">{}</text>", escaped(text));
    }

    /// The whole chart; `description` is what a reader hears who cannot see it.
    pub fn svg(&self, description: &str) -> String {
        let [width, height] = [self.width, self.height].map(pixels);
        let mut svg = format!(
            "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\">\n",
            escaped(description)
        );
        let (left, right) = (pixels(self.left), pixels(self.width - RIGHT));
        let (top, bottom) = (pixels(TOP), pixels(self.height - BOTTOM));
        for (value, label) in &self.x.ticks {
            let x = pixels(self.across(*value));
            if !self.x.is_named {
                let _ = writeln!(svg, "<path class=\"grid\" d=\"M{x} {top}V{bottom}\"/>");
            }
            // a name in two parts, such as body:H3K4me3, takes two lines
            let parts = label.split_once(':').filter(|_| self.x.is_named);
            let lines =
                parts.map_or_else(|| vec![label.clone()], |(first, rest)| vec![format!("{first}:"), rest.to_owned()]);
            for (line, word) in lines.iter().enumerate() {
                let y = pixels(self.height - BOTTOM + 15.0 + 12.0 * line as f64);
                let _ = writeln!(svg, "<text class=\"mid\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(word));
            }
        }
        for (value, label) in &self.y.ticks {
            let y = self.down(*value);
            if !self.y.is_named {
                let _ = writeln!(svg, "<path class=\"grid\" d=\"M{left} {0}H{right}\"/>", pixels(y));
            }
            let (x, y) = (pixels(self.left - 6.0), pixels(y + 3.5));
            let _ = writeln!(svg, "<text class=\"end\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(label));
        }
        let _ = writeln!(svg, "<path class=\"axis\" d=\"M{left} {top}V{bottom}H{right}\"/>");
        let (middle, y) = (pixels((self.left + self.width - RIGHT) / 2.0), pixels(self.height - 7.0));
        let _ = writeln!(svg, "<text class=\"mid\" x=\"{middle}\" y=\"{y}\">{}</text>", escaped(&self.x.title));
        if !self.y.title.is_empty() {
            let y = pixels((TOP + self.height - BOTTOM) / 2.0);
            let title = escaped(&self.y.title);
            let _ = writeln!(svg, "<text class=\"mid\" transform=\"translate(12 {y}) rotate(-90)\">{title}</text>");
        }
        svg + &self.body + "</svg>"
    }

    fn across(&self, x: f64) -> f64 {
        self.left + self.x.share(x) * (self.width - RIGHT - self.left)
    }

    fn down(&self, y: f64) -> f64 {
        let (top, bottom) = (TOP, self.height - BOTTOM);
        if self.y.is_named { top + self.y.share(y) * (bottom - top) } else { bottom - self.y.share(y) * (bottom - top) }
    }
}

/// What a mouse that rests on a shape shows.
fn titled(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<title>{}</title>", escaped(text)) }
}

/// A coordinate with a tenth of a pixel.
fn pixels(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_where_the_axes_say() {
        let mut chart = Chart::new(Axis::numbers("", 0.0, 1.0), Axis::numbers("", 0.0, 1.0), 300.0, 200.0);
        chart.line(&[(0.0, 0.0), (0.5, 0.5), (0.5001, 0.5), (1.0, 1.0)], "s1", "a & b");
        // labels such as 0.2: 8 + 3 letters + 6 pixels are to the left
        assert!(chart.body.contains("d=\"M32.6 160L159.3 85L286 10\""), "{}", chart.body);
        assert!(chart.body.contains("<title>a &amp; b</title>"));
    }

    #[test]
    fn a_gap_in_a_line_stays_a_gap() {
        let mut chart = Chart::new(Axis::numbers("", 0.0, 1.0), Axis::numbers("", 0.0, 1.0), 300.0, 200.0);
        chart.line(&[(0.0, 0.0), (0.5, f64::NAN), (1.0, 1.0)], "s1", "");
        assert!(chart.body.contains("M32.6 160M286 10"), "{}", chart.body);
    }
}
