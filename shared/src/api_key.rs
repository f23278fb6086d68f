//! What the makers of API keys share.

/// What a list shows of a key: its first seven characters and its last four.
pub fn shown(key: &str) -> String {
    let start: String = key.chars().take(7).collect();
    let end: Vec<char> = key.chars().rev().take(4).collect();
    format!("{start}...{}", end.iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_ends() {
        assert_eq!(shown("sk_live_0123456789012345678901234567890123456789abc"), "sk_live...9abc");
        assert_eq!(shown("sk_test_0123456789012345678901234567890123456789abc"), "sk_test...9abc");
    }
}
