//! Walks over the words of a statement.

use crate::lexer::Token;

/// A place in a statement's tokens.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    tokens: &'a [Token],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(tokens: &'a [Token]) -> Self {
        Self { tokens }
    }

    /// Steps over these keywords if they come next.
    pub(super) fn skip(&mut self, keywords: &[&str]) -> bool {
        let all = self.tokens.len() >= keywords.len()
            && keywords.iter().zip(self.tokens).all(|(keyword, token)| token.is(keyword));
        if all {
            self.tokens = &self.tokens[keywords.len()..];
        }
        all
    }

    /// Steps over the first of these that comes next.
    pub(super) fn skip_any(&mut self, alternatives: &[&[&str]]) -> bool {
        alternatives.iter().any(|keywords| self.skip(keywords))
    }

    /// Steps behind the next place where these keywords stand, if there is one.
    pub(super) fn find(&mut self, keywords: &[&str]) -> bool {
        let place = (0..self.tokens.len()).find(|&at| Cursor::new(&self.tokens[at..]).skip(keywords));
        if let Some(at) = place {
            self.tokens = &self.tokens[at + keywords.len()..];
        }
        place.is_some()
    }

    /// Whether these keywords stand anywhere from here on.
    pub(super) fn has(&self, keywords: &[&str]) -> bool {
        self.clone().find(keywords)
    }

    /// A name, maybe with its schema, as `to_regclass` takes it; `public` is left out.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut parts = vec![self.part()?];
        while self.symbol('.') {
            parts.push(self.part()?);
        }
        if parts.len() > 1 && parts[0] == "public" {
            parts.remove(0);
        }
        Some(parts.join("."))
    }

    /// Steps over this character if it comes next.
    pub(super) fn symbol(&mut self, symbol: char) -> bool {
        let next = self.tokens.first() == Some(&Token::Symbol(symbol));
        if next {
            self.tokens = &self.tokens[1..];
        }
        next
    }

    /// The parts of what is left that commas outside of parentheses separate.
    pub(super) fn parts(&self) -> Vec<Cursor<'a>> {
        let mut depth = 0_usize;
        let split = self.tokens.split(|token| {
            match token {
                Token::Symbol('(' | '[') => depth += 1,
                Token::Symbol(')' | ']') => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *token == Token::Symbol(',')
        });
        split.map(Cursor::new).collect()
    }

    fn part(&mut self) -> Option<String> {
        let (first, rest) = self.tokens.split_first()?;
        let name = match first {
            Token::Word(word) => word.clone(),
            Token::Quoted(name) => format!("\"{}\"", name.replace('"', "\"\"")),
            Token::Constant | Token::Symbol(_) => return None,
        };
        self.tokens = rest;
        Some(name)
    }
}
