//! One legible colour a mark.

use crate::matrix::track::FULL_SCORE;

/// Red, green, blue.
type Rgb = [u8; 3];

// Okabe and Ito's palette, which the colour-blind can tell apart, and a grey.
const VERMILLION: Rgb = [213, 94, 0];
const ORANGE: Rgb = [230, 159, 0];
const GREEN: Rgb = [0, 158, 115];
const BLUE: Rgb = [0, 114, 178];
const SKY: Rgb = [86, 180, 233];
const PURPLE: Rgb = [204, 121, 167];
const GREY: Rgb = [100, 100, 100];
const BLACK: Rgb = [0, 0, 0];

/// The colour of a mark: close to the Roadmap and ENCODE browsers' for the histone marks of their
/// core sets, otherwise by its place among the marks.
pub fn of_mark(mark: &str, place: usize) -> Rgb {
    match mark.to_ascii_uppercase().as_str() {
        "H3K4ME3" => VERMILLION,
        "H3K4ME1" => ORANGE,
        "H3K36ME3" => GREEN,
        "H3K27ME3" => GREY,
        "H3K9ME3" => PURPLE,
        "H3K27AC" => BLUE,
        "H3K9AC" => SKY,
        _ => [BLACK, BLUE, SKY, ORANGE, GREEN, VERMILLION, PURPLE][place % 7],
    }
}

/// The colour of an attribution that may have either sign: red where the bin raises the model's score,
/// blue where it lowers it.
pub fn of_sign(value: f32) -> Rgb {
    if value < 0.0 { BLUE } else { VERMILLION }
}

/// The colour at a score, as BED's itemRgb: full at [`FULL_SCORE`], fading towards (never to) white.
pub fn faded(colour: Rgb, score: u16) -> String {
    let strength = 0.4 + 0.6 * f64::from(score) / f64::from(FULL_SCORE);
    let [red, green, blue] = colour.map(|part| (255.0 - (255.0 - f64::from(part)) * strength).round() as u8);
    format!("{red},{green},{blue}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_marks_differ_and_scores_fade() {
        let marks = ["H3K27me3", "H3K36me3", "H3K4me1", "H3K4me3", "H3K9me3"];
        let mut colours: Vec<Rgb> = marks.iter().enumerate().map(|(place, mark)| of_mark(mark, place)).collect();
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), 5);
        assert_eq!(faded(VERMILLION, FULL_SCORE), "213,94,0");
        assert_eq!(faded(BLACK, 0), "153,153,153");
    }
}
