//! Finds the SQL texts of Rust code: string literals, and `concat!` of literals and `include_str!`.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A text, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// The file, from the project's folder on, and the constant or function.
    pub(super) place: String,
    pub(super) sql: String,
}

/// The texts of a file, tests left out; none if it isn't Rust.
pub(super) fn texts(place: &str, file: &Path, code: &str) -> Vec<Text> {
    let mut reader =
        Reader { place, folder: file.parent().map(Path::to_path_buf).unwrap_or_default(), found: Vec::new() };
    if let Ok(tokens) = code.parse() {
        reader.read(tokens, "");
    }
    reader.found
}

struct Reader<'a> {
    place: &'a str,
    folder: PathBuf,
    found: Vec<Text>,
}

impl Reader<'_> {
    fn read(&mut self, tokens: TokenStream, owner: &str) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut owner = owner.to_owned();
        let mut at = 0;
        while at < trees.len() {
            let word = |ahead: usize| match trees.get(at + ahead) {
                Some(TokenTree::Ident(ident)) => ident.to_string(),
                _ => String::new(),
            };
            match &trees[at] {
                TokenTree::Ident(_) if matches!(word(0).as_str(), "const" | "static" | "fn") && !word(1).is_empty() => {
                    owner = word(1);
                    at += 1;
                }
                // What tests say is nobody's business; the group is the module's body.
                TokenTree::Ident(_) if word(0) == "mod" && word(1) == "tests" => at += 2,
                TokenTree::Ident(_) if word(0) == "concat" || word(0) == "include_str" => {
                    if let Some(TokenTree::Group(group)) = trees.get(at + 2) {
                        let whole = trees[at..=at + 2].iter().cloned().collect();
                        if let Some(sql) = self.joined(whole) {
                            self.add(&owner, sql);
                        }
                        debug_assert!(group.delimiter() != Delimiter::None);
                        at += 2;
                    }
                }
                TokenTree::Group(group) => self.read(group.stream(), &owner),
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.add(&owner, text.value());
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
            at += 1;
        }
    }

    /// The value of `concat!(…)` and `include_str!("….sql")`, if its parts are known.
    fn joined(&self, tokens: TokenStream) -> Option<String> {
        let mut text = String::new();
        let mut trees = tokens.into_iter();
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Literal(literal) => {
                    text += &syn::parse_str::<syn::LitStr>(&literal.to_string()).ok()?.value()
                }
                TokenTree::Ident(ident) if ident == "concat" => text += &self.joined(trees.nth(1)?.group()?)?,
                TokenTree::Ident(ident) if ident == "include_str" => {
                    let file = self.joined(trees.nth(1)?.group()?)?;
                    if !file.ends_with(".sql") {
                        return None;
                    }
                    text += &std::fs::read_to_string(self.folder.join(file)).ok()?;
                }
                TokenTree::Punct(punct) if punct.as_char() == ',' => {}
                _ => return None,
            }
        }
        Some(text)
    }

    fn add(&mut self, owner: &str, sql: String) {
        if is_statement(&sql) {
            self.found.push(Text { place: format!("{} {owner}", self.place), sql });
        }
    }
}

trait AsGroup {
    fn group(&self) -> Option<TokenStream>;
}

impl AsGroup for TokenTree {
    fn group(&self) -> Option<TokenStream> {
        match self {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        }
    }
}

/// Whether a text is a statement, and not a sentence that starts with the same word.
fn is_statement(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let has = |word: &str| words.clone().any(|other| other.trim_matches(['(', ')']) == word);
    match first {
        "select" => has("from") || text.contains('(') || text.contains('$'),
        "insert" => has("into") && (has("values") || has("select") || text.contains('(')),
        "delete" => has("from") && text.contains('$') || has("where"),
        "update" => has("set"),
        "with" => has("as") && (has("select") || text.contains("(select")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::texts;

    #[test]
    fn constants_and_literals_are_found_and_sentences_are_not() {
        let code = r##"
            const A: &str = "
                select 1 \
                from a";
            const B: &str = concat!("with x as ", "(select 'é\n') select * from x");
            const C: &str = r#"update a set b = "c""#;
            fn d() { run(Statement::new("delete from a where b = $1").bind(1)); log("select one of them"); say("with a login as a user"); }
            #[cfg(test)]
            mod tests { const E: &str = "select wrong from nowhere"; }
        "##;
        let found: Vec<_> =
            texts("f.rs", Path::new("f.rs"), code).into_iter().map(|text| (text.place, text.sql)).collect();
        let expected = [
            ("f.rs A", "\n                select 1 from a"),
            ("f.rs B", "with x as (select 'é\n') select * from x"),
            ("f.rs C", "update a set b = \"c\""),
            ("f.rs d", "delete from a where b = $1"),
        ];
        assert_eq!(found, expected.map(|(place, sql)| (place.to_owned(), sql.to_owned())));
    }
}
