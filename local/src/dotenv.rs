//! Files of `NAME=value` lines, as `.env.local` is one. Nothing is expanded: a `$` in a password stays a `$`.

use std::collections::BTreeMap;

/// Letters that need no quotes, neither here nor in a shell that sources the file.
const PLAIN: &str = "_-./:@%+,=";

/// Reads the variables. Later lines win; lines that are not `NAME=value` are passed over.
pub fn parse(text: &str) -> BTreeMap<String, String> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let known = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    known.then(|| (name.to_owned(), parse_value(value.trim())))
}

fn parse_value(value: &str) -> String {
    if let Some((inner, _rest)) = value.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) {
        return inner.to_owned();
    }
    if let Some(rest) = value.strip_prefix('"') {
        return parse_double_quoted(rest);
    }
    match value.split_once(" #") {
        Some((before, _comment)) => before.trim_end().to_owned(),
        None => value.to_owned(),
    }
}

fn parse_double_quoted(rest: &str) -> String {
    let mut value = String::new();
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => match letters.next() {
                Some('n') => value.push('\n'),
                Some(other) => value.push(other),
                None => {}
            },
            other => value.push(other),
        }
    }
    value
}

/// One line of such a file.
pub fn line(name: &str, value: &str) -> String {
    if value.chars().all(|letter| letter.is_ascii_alphanumeric() || PLAIN.contains(letter)) {
        return format!("{name}={value}");
    }
    let mut quoted = String::new();
    for letter in value.chars() {
        match letter {
            '\n' => quoted.push_str("\\n"),
            '"' | '\\' | '$' | '`' => quoted.extend(['\\', letter]),
            other => quoted.push(other),
        }
    }
    format!("{name}=\"{quoted}\"")
}

#[cfg(test)]
mod tests {
    use super::{line, parse};

    #[test]
    fn the_usual_forms_are_read() {
        let text = "# note\n\nPLAIN=a b # note\nexport EXPORTED=1\nSINGLE='it # $x'\nDOUBLE=\"a\\\"b\\nc\" # note\nURL=postgres://u:p%40@h/d?x=1#f\nEMPTY=\nnot a line\n";
        let found = parse(text);
        assert_eq!(found["PLAIN"], "a b");
        assert_eq!(found["EXPORTED"], "1");
        assert_eq!(found["SINGLE"], "it # $x");
        assert_eq!(found["DOUBLE"], "a\"b\nc");
        assert_eq!(found["URL"], "postgres://u:p%40@h/d?x=1#f");
        assert_eq!(found["EMPTY"], "");
        assert_eq!(found.len(), 6);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for value in
            ["", "plain", "two words", "quo\"te", "back\\slash", "$HOME `x`", "line\nline", "it's", "# no comment"]
        {
            assert_eq!(parse(&line("NAME", value))["NAME"], value);
        }
    }
}
