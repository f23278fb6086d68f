//! Splits a file into its statements, each with its place, so that a failure can be named and nothing runs by accident.

use crate::lexer::{Token, Unreadable, lex};

/// One statement of a file.
#[derive(Debug, Clone)]
pub struct Statement {
    /// 1, 2, 3 … within the file.
    pub number: usize,
    /// Line of the file on which the statement starts.
    pub line: usize,
    /// The text, without the comments before it and without the semicolon.
    pub sql: String,
    pub(crate) tokens: Vec<Token>,
}

impl Statement {
    /// The first line of the text, for messages.
    pub fn first_line(&self) -> &str {
        self.sql.lines().next().unwrap_or_default().trim_end()
    }

    /// Line of the file for a position (characters, from 1) that PostgreSQL reports.
    pub(crate) fn line_of(&self, position: u32) -> usize {
        let before = usize::try_from(position).unwrap_or(usize::MAX).saturating_sub(1);
        self.line + self.sql.chars().take(before).filter(|&character| character == '\n').count()
    }

    /// Whether the statement starts with these keywords (lower case).
    pub(crate) fn starts_with(&self, keywords: &[&str]) -> bool {
        self.tokens.len() >= keywords.len()
            && self.tokens.iter().zip(keywords).all(|(token, keyword)| token.is(keyword))
    }

    /// Whether these two keywords stand next to each other anywhere.
    pub(crate) fn contains(&self, first: &str, second: &str) -> bool {
        self.tokens.windows(2).any(|pair| pair[0].is(first) && pair[1].is(second))
    }
}

/// Why a file can't be used, and on which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// The statements of a text. A semicolon inside parentheses ends none (`create rule … do (a; b)`).
pub(crate) fn split(text: &str) -> Result<Vec<Statement>, Refusal> {
    let line_at = |offset: usize| 1 + text[..offset].matches('\n').count();
    let refuse = |offset: usize, reason: &str| Refusal { line: line_at(offset), reason: reason.to_owned() };
    let lexemes = lex(text).map_err(|Unreadable { offset, reason }| refuse(offset, reason))?;

    let mut statements: Vec<Statement> = Vec::new();
    let mut open = Vec::new();
    let mut tokens = Vec::new();
    let (mut start, mut end) = (0, 0);
    let finish = |statements: &mut Vec<Statement>, tokens: &mut Vec<Token>, start: usize, end: usize| {
        if !tokens.is_empty() {
            statements.push(Statement {
                number: statements.len() + 1,
                line: line_at(start),
                sql: text[start..end].to_owned(),
                tokens: std::mem::take(tokens),
            });
        }
    };
    for lexeme in lexemes {
        match lexeme.token {
            Token::Symbol(';') if open.is_empty() => {
                finish(&mut statements, &mut tokens, start, end);
                continue;
            }
            Token::Symbol('(') => open.push(lexeme.start),
            Token::Symbol(')') if open.pop().is_none() => {
                return Err(refuse(lexeme.start, "a ) that nothing opened"));
            }
            _ => {}
        }
        if tokens.is_empty() {
            start = lexeme.start;
        }
        end = lexeme.end;
        tokens.push(lexeme.token);
    }
    if let Some(offset) = open.pop() {
        return Err(refuse(offset, "a ( that is never closed"));
    }
    finish(&mut statements, &mut tokens, start, end);
    Ok(statements)
}

#[cfg(test)]
mod tests {
    use super::split;

    fn parts(text: &str) -> Vec<(usize, String)> {
        split(text).unwrap().into_iter().map(|statement| (statement.line, statement.sql)).collect()
    }

    #[test]
    fn statements_end_at_semicolons_outside_of_everything() {
        let text = "-- first\ncreate table a (b text default ';');\n\n/* ; */ create function f() returns int as $f$\n\
                    begin; end;\n$f$ language sql;;\nselect 1 -- last ;\n";
        assert_eq!(
            parts(text),
            [
                (2, "create table a (b text default ';')".to_owned()),
                (4, "create function f() returns int as $f$\nbegin; end;\n$f$ language sql".to_owned()),
                (7, "select 1".to_owned()),
            ]
        );
        assert!(parts(" -- nothing\n/* at all */ ;").is_empty());
    }

    #[test]
    fn a_semicolon_in_parentheses_ends_nothing() {
        assert_eq!(parts("create rule r as on insert to t do also (select 1; select 2); select 3").len(), 2);
        assert_eq!(split("select (\n1; select 2").unwrap_err().line, 1);
        assert_eq!(split("select 1;\nselect 2)").unwrap_err().line, 2);
    }

    #[test]
    fn a_position_becomes_a_line_of_the_file() {
        let statement = split("\n\nselect 'ä',\n  wrong,\n  1").unwrap().remove(0);
        assert_eq!((statement.line_of(1), statement.line_of(15), statement.line_of(99)), (3, 4, 5));
        assert_eq!(statement.first_line(), "select 'ä',");
    }

    #[test]
    fn keywords_are_compared_without_case_and_comments() {
        let statement = split("CREATE /* x */ Index -- y\n concurrently a on b").unwrap().remove(0);
        assert!(statement.starts_with(&["create", "index", "concurrently"]));
        assert!(statement.contains("a", "on") && !statement.contains("create", "a"));
    }
}
