//! How a condition is written, apart from parentheses that mean nothing: PostgreSQL writes `((a and b) and c)` for what a
//! migration made of `x between 1 and 2 and c`, and `(a and b and c)` for the same once it was dumped and restored.

use std::borrow::Cow;

/// What joins operands whose grouping means nothing.
const JOINTS: [&str; 2] = [" AND ", " OR "];

/// A definition in one way of writing.
pub(crate) fn canonical(definition: &str) -> Cow<'_, str> {
    if !JOINTS.iter().any(|joint| definition.contains(joint)) {
        return Cow::Borrowed(definition);
    }
    let mut text = definition.chars().peekable();
    let pieces = read(&mut text);
    let mut out = String::with_capacity(definition.len());
    write(&pieces, &mut out);
    Cow::Owned(out)
}

enum Piece {
    /// Anything without parentheses, joints and quotes' insides apart.
    Plain(String),
    /// One of [`JOINTS`].
    Joint(&'static str),
    /// What stands in parentheses.
    Group(Vec<Piece>),
}

type Text<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Reads up to the parenthesis that closes, or to the end.
fn read(text: &mut Text<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    while let Some(c) = text.next() {
        match c {
            ')' => break,
            '(' => {
                flush(&mut plain, &mut pieces);
                pieces.push(Piece::Group(flattened(read(text))));
            }
            '\'' | '"' => {
                plain.push(c);
                // A doubled quote ends one text and begins the next, which comes to the same.
                for inside in text.by_ref() {
                    plain.push(inside);
                    if inside == c {
                        break;
                    }
                }
            }
            _ => {
                plain.push(c);
                if let Some(joint) = JOINTS.into_iter().find(|joint| plain.ends_with(joint)) {
                    plain.truncate(plain.len() - joint.len());
                    flush(&mut plain, &mut pieces);
                    pieces.push(Piece::Joint(joint));
                }
            }
        }
    }
    flush(&mut plain, &mut pieces);
    pieces
}

fn flush(plain: &mut String, pieces: &mut Vec<Piece>) {
    if !plain.is_empty() {
        pieces.push(Piece::Plain(std::mem::take(plain)));
    }
}

/// The pieces of a group, with what is joined in the same way inside of an operand raised to it.
fn flattened(pieces: Vec<Piece>) -> Vec<Piece> {
    let Some(joint) = only_joint(&pieces) else { return pieces };
    let is_edge = |piece: Option<&Piece>| piece.is_none_or(|piece| matches!(piece, Piece::Joint(_)));
    let whole: Vec<bool> = (0..pieces.len())
        .map(|at| is_edge(at.checked_sub(1).and_then(|before| pieces.get(before))) && is_edge(pieces.get(at + 1)))
        .collect();
    let mut flat = Vec::with_capacity(pieces.len());
    for (piece, is_operand) in pieces.into_iter().zip(whole) {
        match piece {
            Piece::Group(inner) if is_operand && only_joint(&inner) == Some(joint) => flat.extend(inner),
            piece => flat.push(piece),
        }
    }
    flat
}

/// What joins the pieces, if it is one and the same throughout.
fn only_joint(pieces: &[Piece]) -> Option<&'static str> {
    let mut joints = pieces.iter().filter_map(|piece| match piece {
        Piece::Joint(joint) => Some(*joint),
        _ => None,
    });
    let first = joints.next()?;
    joints.all(|joint| joint == first).then_some(first)
}

fn write(pieces: &[Piece], out: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Plain(text) => out.push_str(text),
            Piece::Joint(joint) => out.push_str(joint),
            Piece::Group(inner) => {
                out.push('(');
                write(inner, out);
                out.push(')');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn ops_16_parentheses_that_mean_nothing_are_no_difference() {
        for (one, other) in [
            ("CHECK ((((a >= 1) AND (a <= 2)) AND (b > 0)))", "CHECK (((a >= 1) AND (a <= 2) AND (b > 0)))"),
            ("CHECK (((x) AND ((y) AND (z))))", "CHECK (((x) AND (y) AND (z)))"),
            ("CHECK (((a OR b) OR c))", "CHECK ((a OR b OR c))"),
            ("CHECK ((((a = 1) AND ((b = 2) AND (c = 3))) OR d))", "CHECK ((((a = 1) AND (b = 2) AND (c = 3)) OR d))"),
        ] {
            assert_eq!(canonical(one), other);
            assert_eq!(canonical(other), other);
        }
    }

    #[test]
    fn ops_16_those_that_mean_something_are() {
        for text in [
            "CHECK (((a OR b) AND c))",
            "CHECK ((a OR (b AND c)))",
            "CHECK ((f((a AND b)) AND c))",
            "CHECK (((NOT (a AND b)) AND c))",
            "CHECK (((a AND b) IS TRUE AND c))",
            "CHECK ((a = ' AND ((b)) AND '::text))",
            "CHECK ((a = 'it''s ( AND '::text) AND (\"b AND (\" = 1))",
            "UNIQUE (a, b)",
            "",
        ] {
            assert_eq!(canonical(text), text);
        }
    }
}
