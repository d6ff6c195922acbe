//! The schemas of configuration and sample sheet in the shape that Nextflow's nf-schema reads:
//! `nextflow_schema.json` and `schema_input.json`.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::SampleRow;
use crate::cli::config::Config;

/// A type's schema without references, which nf-schema's tools do not follow.
fn inlined<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The parameters of `workflow/main.nf`: the keys of the configuration, and its own.
pub(super) fn parameters() -> Value {
    let mut config = inlined::<Config>();
    let sheet = &mut config["properties"]["samples"];
    sheet["format"] = json!("file-path");
    sheet["mimetype"] = json!("text/tab-separated-values");
    sheet["schema"] = json!("assets/schema_input.json");
    config["properties"]["pairs"]["format"] = json!("file-path");
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "attentrack pipeline parameters",
        "description": config["description"],
        "type": "object",
        "$defs": {
            "configuration": {
                "title": "Configuration",
                "description": "The keys of config.yaml.",
                "type": "object",
                "properties": config["properties"],
                "required": config["required"],
            },
            "workflow": {
                "title": "Workflow",
                "description": "What the workflow takes besides.",
                "type": "object",
                "properties": {
                    "outdir": {"type": "string", "format": "directory-path", "default": "results",
                        "description": "Folder for everything that is published."},
                    "base": {"type": ["string", "null"], "format": "directory-path",
                        "description": "Folder that paths in the configuration lead from; that of -params-file if left out."},
                    "publish_dir_mode": {"type": "string", "default": "copy",
                        "enum": ["symlink", "rellink", "link", "copy", "copyNoFollow", "move"],
                        "description": "How results get into outdir."},
                },
            },
        },
        "allOf": [{"$ref": "#/$defs/configuration"}, {"$ref": "#/$defs/workflow"}],
    })
}

/// The sample sheet as a list of rows.
pub(super) fn sample_sheet() -> Value {
    let mut row = inlined::<SampleRow>();
    row["properties"]["sample"]["meta"] = json!(["id"]);
    row["properties"]["mark"]["meta"] = json!(["mark"]);
    for name in ["sample", "mark"] {
        row["properties"][name]["errorMessage"] = json!(format!(
            "{name} cannot be a name: use at most 100 letters, digits and _ . + - only, beginning with a letter, a digit or _"
        ));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "attentrack sample sheet",
        "description": "samples.tsv: one row a signal file.",
        "type": "array",
        "items": {"type": "object", "properties": row["properties"], "required": row["required"]},
    })
}
