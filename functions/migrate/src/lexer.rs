//! Reads SQL as tokens: enough of PostgreSQL's lexical rules to know where a statement ends and which words it has.
//!
//! Follows `src/backend/parser/scan.l` of PostgreSQL with `standard_conforming_strings = on`, which the runner sets.

/// One lexical unit; comments and white space are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A keyword, an unquoted identifier or a number, in lower case.
    Word(String),
    /// A quoted identifier, without its quotes.
    Quoted(String),
    /// A string constant of any kind; what it says doesn't matter here.
    Constant,
    /// Any other character.
    Symbol(char),
}

impl Token {
    /// Whether this is the given keyword (lower case).
    pub(crate) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word == keyword)
    }
}

/// A token and the bytes that it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What can't be read, and where it starts (a byte offset).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) offset: usize,
    pub(crate) reason: &'static str,
}

/// All tokens of a text.
pub(crate) fn lex(text: &str) -> Result<Vec<Lexeme>, Unreadable> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0 };
    let mut lexemes = Vec::new();
    loop {
        lexer.skip_blank()?;
        let start = lexer.at;
        match lexer.token()? {
            Some(token) => lexemes.push(Lexeme { token, start, end: lexer.at }),
            None => return Ok(lexemes),
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Lexer<'_> {
    fn token(&mut self) -> Result<Option<Token>, Unreadable> {
        let start = self.at;
        let Some(byte) = self.peek(0) else { return Ok(None) };
        let token = match byte {
            b'\'' => self.string(false)?,
            b'"' => self.quoted_identifier()?,
            b'$' => self.dollar_quote()?,
            b'\\' => return Err(self.unreadable(start, "a backslash: commands of psql are not SQL, remove the line")),
            0 => return Err(self.unreadable(start, "a NUL character: remove it")),
            byte if is_word_start(byte) || byte.is_ascii_digit() => {
                let word = self.word(byte.is_ascii_digit());
                if word == "e" && self.peek(0) == Some(b'\'') { self.string(true)? } else { Token::Word(word) }
            }
            _ => {
                self.at += 1;
                Token::Symbol(char::from(byte))
            }
        };
        Ok(Some(token))
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn unreadable(&self, offset: usize, reason: &'static str) -> Unreadable {
        Unreadable { offset, reason }
    }

    fn skip_blank(&mut self) -> Result<(), Unreadable> {
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(byte), _) if is_space(byte) => self.at += 1,
                (Some(b'-'), Some(b'-')) => self.skip_line(),
                (Some(b'/'), Some(b'*')) => self.skip_block_comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn skip_line(&mut self) {
        while self.peek(0).is_some_and(|byte| byte != b'\n' && byte != b'\r') {
            self.at += 1;
        }
    }

    fn skip_block_comment(&mut self) -> Result<(), Unreadable> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                (Some(_), _) => self.at += 1,
                (None, _) => {
                    return Err(self.unreadable(start, "a comment that is opened by /* and never closed by */"));
                }
            }
        }
    }

    fn word(&mut self, number: bool) -> String {
        let start = self.at;
        // An identifier may contain `$` (so `a$b$` opens no dollar quote); a number may not.
        while self.peek(0).is_some_and(|byte| is_word_part(byte) || (byte == b'$' && !number)) {
            self.at += 1;
        }
        self.text[start..self.at].to_ascii_lowercase()
    }

    fn string(&mut self, escapes: bool) -> Result<Token, Unreadable> {
        let start = self.at;
        self.at += 1;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'\\'), Some(_)) if escapes => self.at += 2,
                (Some(b'\''), Some(b'\'')) => self.at += 2,
                (Some(b'\''), _) => {
                    self.at += 1;
                    // 'a' <new line> 'b' is one constant, and in E'' the second part has escapes as well.
                    match self.continuation().filter(|_| escapes) {
                        Some(next) => self.at = next,
                        None => return Ok(Token::Constant),
                    }
                }
                (Some(_), _) => self.at += 1,
                (None, _) => return Err(self.unreadable(start, "a string constant that is never closed by '")),
            }
        }
    }

    /// Where the next part of a string constant starts, if white space with a line break and a quote follow.
    fn continuation(&self) -> Option<usize> {
        let mut ahead = Lexer { text: self.text, bytes: self.bytes, at: self.at };
        let mut line_break = false;
        loop {
            match (ahead.peek(0)?, ahead.peek(1)) {
                (b'\'', _) => return line_break.then_some(ahead.at + 1),
                (b'-', Some(b'-')) => ahead.skip_line(),
                (byte, _) if is_space(byte) => {
                    line_break |= byte == b'\n' || byte == b'\r';
                    ahead.at += 1;
                }
                _ => return None,
            }
        }
    }

    fn quoted_identifier(&mut self) -> Result<Token, Unreadable> {
        let start = self.at;
        self.at += 1;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'"'), Some(b'"')) => self.at += 2,
                (Some(b'"'), _) => {
                    self.at += 1;
                    return Ok(Token::Quoted(self.text[start + 1..self.at - 1].replace("\"\"", "\"")));
                }
                (Some(_), _) => self.at += 1,
                (None, _) => return Err(self.unreadable(start, "a quoted identifier that is never closed by \"")),
            }
        }
    }

    fn dollar_quote(&mut self) -> Result<Token, Unreadable> {
        let start = self.at;
        let tag_end = (start + 1..self.bytes.len()).find(|&index| !is_word_part(self.bytes[index]));
        let opens = tag_end
            .is_some_and(|end| self.bytes[end] == b'$' && (end == start + 1 || is_word_start(self.bytes[start + 1])));
        let Some(body) = tag_end.filter(|_| opens).map(|end| end + 1) else {
            self.at += 1;
            return Ok(Token::Symbol('$'));
        };
        let delimiter = &self.text[start..body];
        match self.text[body..].find(delimiter) {
            Some(length) => {
                self.at = body + length + delimiter.len();
                Ok(Token::Constant)
            }
            None => Err(self.unreadable(start, "a dollar quote that is never closed")),
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::{Token, lex};

    fn shown(text: &str) -> String {
        let tokens = lex(text).unwrap().into_iter().map(|lexeme| match lexeme.token {
            Token::Word(word) => word,
            Token::Quoted(name) => format!("<{name}>"),
            Token::Constant => "*".to_owned(),
            Token::Symbol(symbol) => symbol.to_string(),
        });
        tokens.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn strings() {
        assert_eq!(shown("select 'a;''b', x"), "select * , x");
        assert_eq!(shown(r"select '\', 'b'"), "select * , *");
        assert_eq!(shown(r"select E'\';', e'a''\\' ;"), "select * , * ;");
        assert_eq!(shown(r"select the'\'"), "select the *");
        assert_eq!(shown("select E'a'\n -- and\n  'b\\';c', 1"), "select * , 1");
        assert_eq!(shown("select E'a' 'b\\'"), "select * *");
        assert_eq!(shown("select n'a', b'01', x'ff', U&'\\0041'"), "select n * , b * , x * , u & *");
    }

    #[test]
    fn dollar_quotes() {
        assert_eq!(shown("$$ a; 'b $$ c"), "* c");
        assert_eq!(shown("$body$ $$ ; $bod$ $body$ c"), "* c");
        assert_eq!(shown("a$b$ ; $1, $2"), "a$b$ ; $ 1 , $ 2");
        assert_eq!(shown("$ä$;$ä$ x"), "* x");
    }

    #[test]
    fn comments() {
        assert_eq!(shown("a -- b; 'c\nd /* e /* f; */ g' */ h"), "a d h");
        assert_eq!(shown("a--b\r\nc-d/e*f"), "a c - d / e * f");
    }

    #[test]
    fn identifiers() {
        assert_eq!(shown("SELECT \"A;\"\"b\" FROM Täble"), "select <A;\"b> from täble");
    }

    #[test]
    fn what_is_not_closed_is_refused_with_its_place() {
        for (text, offset) in
            [("a 'b", 2), ("a \"b", 2), ("a /* /* */", 2), ("a $x$ $y$", 2), (r"E'\'", 1), (r"a; \d", 3), ("a\0", 1)]
        {
            assert_eq!(lex(text).unwrap_err().offset, offset, "{text}");
        }
    }
}
