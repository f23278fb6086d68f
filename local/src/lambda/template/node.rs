//! A value of the template that knows its place, so that an error can name it.

use serde_yaml_ng::Value;

use crate::error::LocalError;

/// A value and the path that leads to it.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    /// The whole document.
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    /// The last part of the path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit_once('.').map_or(self.path.as_str(), |(_, name)| name)
    }

    /// The value below `key`; `None` when there is none or it is null.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.as_mapping()?.get(key)?;
        (!value.is_null()).then(|| self.child(key, value))
    }

    /// The value below `key`.
    pub(super) fn required(&self, key: &str) -> Result<Self, LocalError> {
        self.get(key).ok_or_else(|| self.error(format!("has no {key}")))
    }

    /// The values of a mapping, in order.
    pub(super) fn entries(&self) -> Result<Vec<Self>, LocalError> {
        let mapping = self.value.as_mapping().ok_or_else(|| self.unexpected("keys and values"))?;
        mapping
            .iter()
            .map(|(key, value)| {
                let key = key.as_str().ok_or_else(|| self.error("has a key that is no text"))?;
                Ok(self.child(key, value))
            })
            .collect()
    }

    /// A text.
    pub(super) fn text(&self) -> Result<&'a str, LocalError> {
        self.value.as_str().ok_or_else(|| self.unexpected("a text"))
    }

    /// A list of texts.
    pub(super) fn texts(&self) -> Result<Vec<String>, LocalError> {
        let list = self.value.as_sequence().ok_or_else(|| self.unexpected("a list"))?;
        list.iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| self.unexpected("a list of texts")))
            .collect()
    }

    /// A whole number, also one that came out of a parameter as text.
    pub(super) fn whole_number(&self) -> Result<u32, LocalError> {
        let number = match self.value {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64().and_then(|number| u32::try_from(number).ok()),
        };
        number.ok_or_else(|| self.unexpected("a whole number"))
    }

    /// True or false.
    pub(super) fn boolean(&self) -> Result<bool, LocalError> {
        self.value.as_bool().ok_or_else(|| self.unexpected("true or false"))
    }

    /// An error about this place.
    pub(super) fn error(&self, what: impl std::fmt::Display) -> LocalError {
        LocalError::said(format!("{} {what}", self.path))
    }

    fn unexpected(&self, expected: &str) -> LocalError {
        let found = serde_yaml_ng::to_string(self.value).unwrap_or_default();
        self.error(format!("should be {expected}, but is `{}`", found.trim_end()))
    }

    fn child(&self, key: &str, value: &'a Value) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self { value, path }
    }
}
