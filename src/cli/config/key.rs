//! Which key of `config.yaml` a stage's flag comes from, so that messages speak of what the user wrote.

/// Stage, flag without its dashes, and key. A flag that no key sets is not here.
const KEYS: &[(&str, &str, &str)] = &[
    ("tss", "annotation", "annotation.path"),
    ("tss", "policy", "annotation.policy"),
    ("tss", "biotype", "annotation.biotype"),
    ("tss", "keep-version", "annotation.keep_version"),
    ("bin", "assembly", "annotation.assembly"),
    ("bin", "flank", "window.flank"),
    ("bin", "bin-size", "window.bin_size"),
    ("bin", "orientation", "window.orientation"),
    ("bin", "statistic", "window.statistic"),
    ("bin", "body", "window.body"),
    ("bin", "chrom-alias", "window.chrom_alias"),
    ("bin", "max-lost-genes", "window.max_lost_genes"),
    ("bin", "min-mapq", "window.min_mapq"),
    ("bin", "exclude-flags", "window.exclude_flags"),
    ("bin", "blacklist", "window.blacklist"),
    ("bin", "reference", "window.reference"),
    ("bin", "extend", "window.extend"),
    ("bin", "fragments", "window.fragments"),
    ("bin", "control-method", "window.control_method"),
    ("label", "expression", "expression.path"),
    ("label", "gene-column", "expression.gene_column"),
    ("label", "column", "expression.column"),
    ("label", "duplicates", "expression.duplicates"),
    ("label", "keep-version", "annotation.keep_version"),
    ("label", "method", "labels.method"),
    ("label", "threshold", "labels.threshold"),
    ("label", "quantile", "labels.quantile"),
    ("split", "flank", "window.flank"),
    ("split", "method", "split.method"),
    ("split", "valid-chroms", "split.valid_chroms"),
    ("split", "test-chroms", "split.test_chroms"),
    ("split", "valid-fraction", "split.valid_fraction"),
    ("split", "test-fraction", "split.test_fraction"),
    ("split", "folds", "split.folds"),
    ("split", "seed", "split.seed"),
    ("train", "splits", "split.path"),
    ("train", "model", "model.name"),
    ("train", "bin-hidden", "model.bin_hidden"),
    ("train", "mark-hidden", "model.mark_hidden"),
    ("train", "kernel-width", "model.kernel_width"),
    ("train", "filters", "model.filters"),
    ("train", "pool", "model.pool"),
    ("train", "hidden", "model.hidden"),
    ("train", "task", "train.task"),
    ("train", "epochs", "train.epochs"),
    ("train", "batch-size", "train.batch_size"),
    ("train", "ensemble", "train.ensemble"),
    ("train", "optimizer", "train.optimizer"),
    ("train", "momentum", "train.momentum"),
    ("train", "learning-rate", "train.learning_rate"),
    ("train", "schedule", "train.schedule"),
    ("train", "dropout", "train.dropout"),
    ("train", "weight-decay", "train.weight_decay"),
    ("train", "transform", "train.transform"),
    ("train", "seed", "train.seed"),
    ("train", "fold", "train.fold"),
    ("train", "device", "train.device"),
    ("train", "instruction-set", "train.instruction_set"),
    ("predict", "device", "train.device"),
    ("predict", "instruction-set", "train.instruction_set"),
    ("predict", "score-empty", "window.score_empty"),
    ("explain", "method", "explain.methods"),
    ("explain", "device", "train.device"),
    ("explain", "instruction-set", "train.instruction_set"),
    ("faithfulness", "device", "train.device"),
    ("faithfulness", "instruction-set", "train.instruction_set"),
    ("evaluate", "flank", "window.flank"),
    ("evaluate", "split", "evaluate.split"),
    ("evaluate", "fold", "train.fold"),
    ("evaluate", "bootstrap", "evaluate.bootstrap"),
    ("rank", "split", "evaluate.split"),
    ("rank", "bootstrap", "evaluate.bootstrap"),
    ("report", "title", "report.title"),
    ("track", "format", "tracks.formats"),
    ("track", "value", "tracks.value"),
    ("track", "aggregate", "tracks.aggregate"),
    ("track", "all", "tracks.all"),
];

/// The key that a flag of a stage comes from.
pub fn of_flag(stage: &str, flag: &str) -> Option<&'static str> {
    let flag = flag.trim_start_matches('-');
    KEYS.iter().find(|(of, name, _)| (*of, *name) == (stage, flag)).map(|(.., key)| *key)
}

/// A stage's message with keys in the places of flags, where there is a key. What clap shows of a flag's value
/// (`--epochs <N>`) goes as well.
pub fn with_keys(stage: &str, message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some(at) = rest.find("--") {
        let (before, from) = rest.split_at(at);
        let length = 2 + from[2..].find(|c: char| !(c.is_ascii_lowercase() || c == '-')).unwrap_or(from.len() - 2);
        let (flag, after) = from.split_at(length);
        text += before;
        rest = after;
        match of_flag(stage, flag) {
            None => text += flag,
            Some(key) => {
                text += key;
                if let Some((_, after)) = after.strip_prefix(" <").and_then(|value| value.split_once('>')) {
                    rest = after.trim_start_matches("...");
                }
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::with_keys;

    #[test]
    fn flags_become_keys_and_nothing_else_does() {
        let clap = "invalid value '0' for '--epochs <N>': 0 is not in 1..=100000";
        assert_eq!(with_keys("train", clap), "invalid value '0' for 'train.epochs': 0 is not in 1..=100000");
        let text = "--method threshold needs --threshold; --permute is a flag, -- is none";
        let expected = "labels.method threshold needs labels.threshold; --permute is a flag, -- is none";
        assert_eq!(with_keys("label", text), expected);
        assert_eq!(with_keys("split", "give --folds"), "give split.folds");
        assert_eq!(with_keys("train", "--bin"), "--bin");
        assert_eq!(with_keys("train", "no flag"), "no flag");
    }
}
