//! Charts side by side as a picture of their own, that any viewer of SVG shows.

use std::fmt::Write;

use super::pixels;
use crate::io::html::escaped;

const STYLE: &str = include_str!("sheet.css");

/// A chart with its heading.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What stands above it.
    pub heading: String,
    /// The chart, as [`super::Chart::svg`] gives it.
    pub svg: String,
    /// Its width in pixels.
    pub width: f64,
    /// Its height in pixels.
    pub height: f64,
}

const MARGIN: f64 = 14.0;
const TITLE: f64 = 30.0;
const HEADING: f64 = 22.0;
const LINE: f64 = 15.0;
/// Between two panels.
const GAP: f64 = 16.0;

/// A whole SVG file: a title, the panels in a row, and lines of notes below.
pub fn sheet(title: &str, panels: &[Panel], notes: &[String]) -> String {
    picture(title, panels, notes, false)
}

/// The same with the panels one below the other.
pub fn column(title: &str, panels: &[Panel], notes: &[String]) -> String {
    picture(title, panels, notes, true)
}

fn picture(title: &str, panels: &[Panel], notes: &[String], is_column: bool) -> String {
    let (sum, largest) = (|a: f64, b: f64| a + b, f64::max);
    let widths = panels.iter().map(|panel| panel.width + GAP);
    let heights = panels.iter().map(|panel| panel.height + HEADING);
    let (inner, inside) = if is_column {
        (widths.fold(0.0, largest) - GAP, heights.fold(0.0, sum))
    } else {
        (widths.fold(0.0, sum) - GAP, heights.fold(HEADING, largest))
    };
    // 5.6 pixels a letter, about
    let longest = notes.iter().map(|note| 5.6 * note.chars().count() as f64).fold(inner, f64::max);
    let width = pixels(longest + 2.0 * MARGIN);
    let below = MARGIN + TITLE + inside;
    let height = pixels(below + LINE * notes.len() as f64 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>{0}</title>\n<style>\n{STYLE}</style>\n<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n\
         <text class=\"title\" x=\"{1}\" y=\"{2}\">{0}</text>\n",
        escaped(title),
        pixels(MARGIN),
        pixels(MARGIN + 16.0)
    );
    let (mut left, mut top) = (MARGIN, MARGIN + TITLE);
    for panel in panels {
        let (x, y) = (pixels(left), pixels(top + HEADING));
        let (middle, above) = (pixels(left + panel.width / 2.0), pixels(top + 12.0));
        let heading = escaped(&panel.heading);
        let _ = writeln!(svg, "<text class=\"heading mid\" x=\"{middle}\" y=\"{above}\">{heading}</text>");
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">\n{}\n</g>", panel.svg);
        if is_column {
            top += panel.height + HEADING;
        } else {
            left += panel.width + GAP;
        }
    }
    for (at, note) in notes.iter().enumerate() {
        let y = pixels(below + MARGIN + LINE * at as f64);
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{y}\">{}</text>", pixels(MARGIN), escaped(note));
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_stand_side_by_side_in_one_picture() {
        let panel = |width| Panel { heading: "a < b".to_owned(), svg: "<svg></svg>".to_owned(), width, height: 50.0 };
        let svg = sheet("t", &[panel(100.0), panel(60.0)], &["n".to_owned()]);
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("viewBox=\"0 0 204 159\""), "{svg}");
        assert!(svg.contains("translate(14 66)") && svg.contains("translate(130 66)"), "{svg}");
        assert_eq!(svg.matches("a &lt; b").count(), 2);
        let svg = column("t", &[panel(100.0), panel(60.0)], &["n".to_owned()]);
        assert!(svg.contains("viewBox=\"0 0 128 231\""), "{svg}");
        assert!(svg.contains("translate(14 66)") && svg.contains("translate(14 138)"), "{svg}");
    }
}
