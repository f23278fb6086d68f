//! Texts of statements without their values: what somebody typed into psql may be anybody's.

/// `sql` with every literal replaced by `?` and white space folded.
pub fn masked(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let after_word = out.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        let length = match first {
            '\'' => {
                // An `E` or `U&` in front belongs to it.
                let escapes = out.ends_with(['e', 'E']) && !out[..out.len() - 1].ends_with(char::is_alphanumeric);
                out.push('?');
                quoted(rest, escapes)
            }
            '"' => {
                let length = quoted(rest, false);
                out.push_str(&rest[..length]);
                length
            }
            '$' if !after_word && dollar_tag(rest).is_some() => {
                let tag = dollar_tag(rest).unwrap_or_default();
                out.push('?');
                rest[tag.len()..].find(tag).map_or(rest.len(), |end| end + 2 * tag.len())
            }
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            digit if digit.is_ascii_digit() && !after_word => {
                out.push('?');
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').unwrap_or(rest.len())
            }
            space if space.is_whitespace() => {
                if !out.ends_with(' ') && !out.is_empty() {
                    out.push(' ');
                }
                space.len_utf8()
            }
            other => {
                out.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out.truncate(out.trim_end().len());
    out
}

/// `plan` with every text in quotes replaced by `?`. Its lines and figures stay: they are the server's.
pub fn texts_masked(plan: &str) -> String {
    let mut out = String::with_capacity(plan.len());
    let mut rest = plan;
    while let Some(at) = rest.find(['\'', '"']) {
        out.push_str(&rest[..at]);
        let length = quoted(&rest[at..], false);
        out.push_str(if rest[at..].starts_with('"') { &rest[at..at + length] } else { "?" });
        rest = &rest[at + length..];
    }
    out + rest
}

/// The length of the quoted text that `text` starts with, its quotes included; a cut-off one goes to the end.
fn quoted(text: &str, escapes: bool) -> usize {
    let quote = text.as_bytes()[0];
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 1,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 1,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// `$$` or `$tag$` at the start of `text`; `$1` is a parameter.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 2;
    let name = &text[1..end - 1];
    let is_tag =
        name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    is_tag.then_some(&text[..end])
}

#[cfg(test)]
mod tests {
    use super::{masked, texts_masked};

    #[test]
    fn ops_66_no_value_is_shown() {
        for (sql, shown) in [
            ("select * from users where email = 'ada@example.com'", "select * from users where email = ?"),
            ("select 'it''s', E'a\\'b', 2", "select ?, E?, ?"),
            ("select pg_sleep(30)", "select pg_sleep(?)"),
            ("select $1, $2 from t1 where a2 = 3.5e7", "select $1, $2 from t1 where a2 = ?"),
            ("do $$ begin perform 'x'; end $$ ; select 1", "do ? ; select ?"),
            ("do $body$ secret $$ $body$", "do ?"),
            ("select \"Odd 'name'\" -- ada\n from /* ada */ t", "select \"Odd 'name'\" from t"),
            ("alter role spike_app password 'hunter2", "alter role spike_app password ?"),
            ("select U&'d\\0061t' , x'1F', 0xFF", "select U&? , x?, ?"),
            ("  select\n\n  1  ", "select ?"),
            ("select 'ä', \"ö\", ü from é", "select ?, \"ö\", ü from é"),
            ("", ""),
        ] {
            assert_eq!(masked(sql), shown, "{sql}");
        }
    }

    #[test]
    fn ops_32_a_plan_keeps_its_figures_and_loses_its_texts() {
        let plan = "Seq Scan on \"Odd 'name'\" t  (cost=0.00..15.60 rows=107)\n  Filter: (email = 'it''s'::text)";
        let shown = "Seq Scan on \"Odd 'name'\" t  (cost=0.00..15.60 rows=107)\n  Filter: (email = ?::text)";
        assert_eq!(texts_masked(plan), shown);
        assert_eq!(texts_masked("cut 'off"), "cut ?");
    }
}
