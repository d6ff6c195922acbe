//! The sizes of an architecture as numbers that come from a file or a flag: each within limits that no real model
//! reaches, so that no product of them overflows and no list of tensors is longer than memory.

use serde_json::Value;

use super::ModelConfig;

/// Largest value of a size, by its name in files; the smallest is 1. Three of the largest multiply without overflow.
const LARGEST: [(&str, u64); 4] = [("n_marks", 4096), ("n_bins", 100_000), ("n_outputs", 2), ("", 1 << 20)];
/// Most hidden layers.
const MOST_LAYERS: usize = 64;

/// Why the sizes make no model, whatever the architecture.
///
/// Sizes are taken as they are written to files, so that none of a new architecture can be forgotten.
pub(super) fn problem(config: &ModelConfig) -> Option<String> {
    let Ok(Value::Object(fields)) = serde_json::to_value(config) else { return None };
    fields.iter().find_map(|(name, value)| match value {
        Value::Number(_) => problem_of(name, value),
        Value::Array(layers) if layers.len() > MOST_LAYERS => {
            Some(format!("{name} has {} layers, more than {MOST_LAYERS}", layers.len()))
        }
        Value::Array(layers) => layers.iter().find_map(|layer| problem_of(name, layer)),
        _ => None,
    })
}

fn problem_of(name: &str, value: &Value) -> Option<String> {
    let (_, largest) = LARGEST.into_iter().find(|(of, _)| [name, ""].contains(of))?;
    let fits = value.as_u64().is_none_or(|value| (1..=largest).contains(&value));
    (!fits).then(|| format!("{name} is {value}, expected 1 to {largest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_no_model_has_are_named() {
        let config = |json: &str| serde_json::from_str::<ModelConfig>(json).unwrap();
        let chrome = |marks: &str, bins: &str, hidden: &str| {
            let sizes = format!(r#""n_marks":{marks},"n_bins":{bins},"bin_hidden":{hidden},"mark_hidden":16"#);
            config(&format!(r#"{{"tag":"attentive-chrome",{sizes}}}"#)).problem()
        };
        assert_eq!(chrome("5", "100", "32"), None);
        assert_eq!(chrome("5", "100", "0").unwrap(), "bin_hidden is 0, expected 1 to 1048576");
        assert_eq!(chrome("0", "100", "32").unwrap(), "n_marks is 0, expected 1 to 4096");
        assert!(chrome("5", "18446744073709551615", "32").unwrap().starts_with("n_bins is 18446744073709551615"));
        let cnn = |pool: &str, hidden: &str| {
            let sizes = format!(r#""n_marks":5,"n_bins":100,"kernel_width":10,"filters":50,"pool":{pool}"#);
            config(&format!(r#"{{"tag":"deep-chrome",{sizes},"hidden":[{hidden}],"n_outputs":2}}"#)).problem()
        };
        assert_eq!(cnn("5", "625,125"), None);
        assert_eq!(cnn("0", "625").unwrap(), "pool is 0, expected 1 to 1048576");
        assert_eq!(cnn("5", "625,0").unwrap(), "hidden is 0, expected 1 to 1048576");
        assert!(cnn("5", &["1"; 65].join(",")).unwrap().contains("65 layers"));
        assert!(cnn("92", "1").unwrap().contains("too few for a kernel"));
    }
}
