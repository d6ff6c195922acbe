//! A figure of the page: a chart, what it shows, and its legend.

use crate::io::html::escaped;

/// Lines up to this number have a colour and a name each; more are drawn thin and grey.
pub const NAMED: usize = 6;

/// The class of the line of a sample, and whether the legend names it.
pub fn class_of(place: usize, count: usize) -> (String, bool) {
    if count <= NAMED { (format!("c{place}"), true) } else { ("many".to_owned(), false) }
}

/// An entry of a legend: class and name.
pub type Key<'a> = (&'a str, String);

/// A chart with its heading and legend.
pub fn figure(heading: &str, svg: &str, keys: &[Key], note: &str) -> String {
    let mut html = format!("<figure><h3>{}</h3>\n{svg}\n<figcaption>", escaped(heading));
    for (class, name) in keys {
        html += &format!("<span class=\"key\"><i class=\"{class}\"></i>{}</span> ", escaped(name));
    }
    if !note.is_empty() {
        html += &format!("<span class=\"note\">{}</span>", escaped(note));
    }
    html + "</figcaption></figure>\n"
}

/// Figures beside one another, as many as the page is wide.
pub fn row(figures: &[String]) -> String {
    format!("<div class=\"row\">\n{}</div>\n", figures.concat())
}

/// A section with its heading and one sentence of what it shows.
pub fn section(id: &str, heading: &str, lead: &str, body: &str) -> String {
    let lead = if lead.is_empty() { String::new() } else { format!("<p>{}</p>\n", escaped(lead)) };
    format!("<section id=\"{id}\">\n<h2>{}</h2>\n{lead}{body}</section>\n", escaped(heading))
}

/// A number with three decimals, or a dash.
pub fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

/// A number with commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
