//! The file that the local stack writes for command lines: `.env.local`.

use std::collections::HashMap;
use std::path::Path;

/// `NAME=value` lines; the value may be quoted. A file that isn't there says nothing.
pub(super) fn variables(file: &Path) -> HashMap<String, String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = |line: &str| {
        let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
        let value = value.trim();
        let unquoted = ['"', '\''].iter().find_map(|&quote| value.strip_prefix(quote)?.strip_suffix(quote));
        (!name.starts_with('#')).then(|| (name.trim().to_owned(), unquoted.unwrap_or(value).to_owned()))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::variables;

    #[test]
    fn the_file_has_one_variable_a_line() {
        let file = std::env::temp_dir().join(format!("env-file-{}", std::process::id()));
        std::fs::write(&file, "# X=1\nA=b=c\n export B = \"d e\" \nC='f'\nnothing\n").unwrap();
        let variables = variables(&file);
        std::fs::remove_file(&file).unwrap();
        let get = |name: &str| variables.get(name).map(String::as_str);
        assert_eq!((get("A"), get("B"), get("C"), variables.len()), (Some("b=c"), Some("d e"), Some("f"), 3));
    }
}
