use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Defaults that cannot be written as YAML.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the example configuration")]
pub struct ExampleError(#[from] serde_saphyr::SerializeError);

/// The JSON schema of a configuration, for editors.
pub fn json_schema<T: JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// A part of a configuration as YAML.
///
/// # Errors
/// [`ExampleError`] when it holds what YAML cannot.
pub fn to_yaml<T: Serialize>(part: &T) -> Result<String, ExampleError> {
    Ok(serde_saphyr::to_string(part)?)
}

/// Stands for an element of a list in a path of keys; no key is written so.
const ELEMENT: &str = "-";

/// A YAML file of all defaults, each key under its documentation. Where a field's schema has
/// an example (`#[schemars(example = …)]`), it follows as comment lines.
///
/// # Errors
/// [`ExampleError`] when the defaults hold what YAML cannot, such as a map with keys of a
/// struct type.
pub fn example<T: JsonSchema + Serialize + Default>(head: &str) -> Result<String, ExampleError> {
    let schema = json_schema::<T>();
    let yaml = serde_saphyr::to_string(&T::default())?;
    let mut text: String = comment(head, "");
    let mut path: Vec<(usize, &str)> = Vec::new();
    for line in yaml.lines() {
        let indent = line.len() - line.trim_start().len();
        // Elements of lists stand for themselves, and as deep as the key they belong to.
        let element = line.trim_start().starts_with("- ");
        path.retain(|(outer, name)| *outer < indent || (element && *outer == indent && *name != ELEMENT));
        if element {
            path.push((indent, ELEMENT));
        }
        let key = line.trim_start().split(':').next().filter(|key| is_name(key));
        let property = key.and_then(|key| {
            path.push((indent, key));
            property(&schema, path.iter().map(|(_, name)| *name))
        });
        let margin = &line[..indent];
        let said = |name| property.and_then(|property| property.get(name));
        if property.is_some() && indent == 0 {
            text.push('\n');
        }
        if let Some(description) = said("description").and_then(Value::as_str) {
            text += &comment(description, margin);
        }
        text += line;
        text.push('\n');
        if let Some(sample) = said("examples").and_then(|samples| samples.get(0))
            && (sample.is_array() || sample.is_object())
        {
            let sample = serde_saphyr::to_string(sample)?;
            text += &comment(&format!("For example:\n{sample}"), &format!("{margin}  "));
        }
    }
    Ok(text)
}

fn is_name(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn comment(text: &str, margin: &str) -> String {
    text.lines().map(|line| format!("{}\n", format!("{margin}# {line}").trim_end())).collect()
}

/// The schema of the field at `path`.
fn property<'s, 'p>(root: &'s Value, path: impl Iterator<Item = &'p str>) -> Option<&'s Value> {
    let mut at = root;
    for name in path {
        at = resolve(root, at).get("properties")?.get(name)?;
    }
    Some(at)
}

/// Follows `$ref`, also where it is one of `anyOf` (an optional field).
fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let direct = |schema: &'s Value| {
        let target = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        root.pointer(target)
    };
    let choices = schema.get("anyOf").and_then(Value::as_array);
    direct(schema).or_else(|| choices?.iter().find_map(direct)).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outer.
    #[derive(Debug, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Outer {
        /// Where to listen.
        listen: String,
        /// How to try again.
        retry: Retry,
        /// Names.
        #[schemars(example = names())]
        names: Vec<(String, u8)>,
        /// Elements.
        list: Vec<Retry>,
        /// The last.
        times: u32,
    }

    #[derive(Debug, Default, PartialEq, Serialize, serde::Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Retry {
        /// How often.
        /// Not more.
        times: u32,
    }

    fn names() -> Vec<(String, u8)> {
        vec![("a".to_owned(), 1)]
    }

    impl Default for Outer {
        fn default() -> Self {
            Self {
                listen: "127.0.0.1:1".to_owned(),
                retry: Retry { times: 3 },
                names: Vec::new(),
                list: vec![Retry { times: 1 }],
                times: 2,
            }
        }
    }

    #[test]
    fn every_key_stands_under_its_documentation_and_the_file_reads_back() {
        let text = example::<Outer>("An example.").unwrap();
        assert!(text.starts_with("# An example.\n\n# Where to listen.\nlisten: 127.0.0.1:1\n"), "{text}");
        assert!(text.contains("retry:\n  # How often.\n  # Not more.\n  times: 3\n"), "{text}");
        assert!(text.contains("names: []\n  # For example:\n"), "{text}");
        assert!(text.contains("list:\n- times: 1\n\n# The last.\ntimes: 2\n"), "{text}");
        assert_eq!(crate::parse::<Outer>(&text, "example").unwrap(), Outer::default());
    }
}
