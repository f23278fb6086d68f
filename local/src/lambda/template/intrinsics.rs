//! Evaluates the functions of CloudFormation (`!Ref`, `!Sub`, `!If` …) as far as one machine can.

use std::collections::BTreeMap;

use serde_yaml_ng::{Mapping, Value};

use crate::error::LocalError;

/// A chain of conditions longer than this goes in a circle.
const DEEPEST_CONDITION: usize = 20;

/// The template's parameters and conditions.
pub(super) struct Intrinsics<'a> {
    parameters: BTreeMap<String, Value>,
    conditions: Option<&'a Mapping>,
}

impl<'a> Intrinsics<'a> {
    /// Takes the parameters' defaults, or what `overrides` says instead.
    pub(super) fn new(document: &'a Value, overrides: &BTreeMap<String, String>) -> Result<Self, LocalError> {
        let mut parameters = BTreeMap::new();
        let declared = document.get("Parameters").and_then(Value::as_mapping).into_iter().flatten();
        for (name, settings) in declared {
            let Some(name) = name.as_str() else { continue };
            let text = match (overrides.get(name), settings.get("Default")) {
                (Some(text), _) => text.clone(),
                (None, Some(Value::String(text))) => text.clone(),
                (None, Some(Value::Number(number))) => number.to_string(),
                _ => {
                    let problem =
                        format!("Parameters.{name} has neither a text or number as default nor a local value");
                    return Err(LocalError::said(problem));
                }
            };
            let value = match settings.get("Type").and_then(Value::as_str) {
                Some("CommaDelimitedList") => split(&text, ","),
                _ => Value::String(text),
            };
            parameters.insert(name.to_owned(), value);
        }
        Ok(Self { parameters, conditions: document.get("Conditions").and_then(Value::as_mapping) })
    }

    /// The value with every function in it replaced by its result. What only AWS knows stays as a text.
    pub(super) fn resolve(&self, value: &Value) -> Result<Value, LocalError> {
        self.resolve_at(value, 0)
    }

    fn resolve_at(&self, value: &Value, depth: usize) -> Result<Value, LocalError> {
        if depth > DEEPEST_CONDITION {
            return Err(LocalError::said("Conditions refer to each other in a circle"));
        }
        if let Some((function, argument)) = call(value) {
            return self.evaluate(&function, argument, depth);
        }
        Ok(match value {
            Value::Sequence(items) => {
                let items = items.iter().map(|item| self.resolve_at(item, depth)).collect::<Result<Vec<_>, _>>()?;
                // `!Ref AWS::NoValue` takes an item away.
                Value::Sequence(items.into_iter().filter(|item| !item.is_null()).collect())
            }
            Value::Mapping(entries) => {
                let mut resolved = Mapping::with_capacity(entries.len());
                for (key, value) in entries {
                    resolved.insert(key.clone(), self.resolve_at(value, depth)?);
                }
                Value::Mapping(resolved)
            }
            other => other.clone(),
        })
    }

    fn evaluate(&self, function: &str, argument: &Value, depth: usize) -> Result<Value, LocalError> {
        if function == "If" {
            // The branch that is not taken may be impossible to resolve.
            let [condition, then, otherwise] = items(function, argument)?;
            let holds = self.condition(condition, depth)?;
            return self.resolve_at(if holds { then } else { otherwise }, depth);
        }
        if function == "Condition" {
            return self.condition(argument, depth).map(Value::Bool);
        }
        let argument = self.resolve_at(argument, depth)?;
        Ok(match function {
            "Ref" => self.reference(argument.as_str().unwrap_or_default()),
            "Sub" => self.substitute(&argument)?,
            "Split" => {
                let [separator, text] = items(function, &argument)?;
                split(text_of(function, text)?, text_of(function, separator)?)
            }
            "Join" => {
                let [separator, parts] = items(function, &argument)?;
                let parts = parts.as_sequence().ok_or_else(|| malformed(function))?;
                let parts = parts.iter().map(|part| text_of(function, part)).collect::<Result<Vec<_>, _>>()?;
                Value::String(parts.join(text_of(function, separator)?))
            }
            "Select" => {
                let [index, list] = items(function, &argument)?;
                let index =
                    index.as_u64().or_else(|| index.as_str()?.parse().ok()).ok_or_else(|| malformed(function))?;
                let index = usize::try_from(index).map_err(|_| malformed(function))?;
                list.get(index).cloned().ok_or_else(|| malformed(function))?
            }
            "Equals" => {
                let [left, right] = items(function, &argument)?;
                Value::Bool(left == right)
            }
            "Not" => {
                let [negated] = items(function, &argument)?;
                Value::Bool(!negated.as_bool().ok_or_else(|| malformed(function))?)
            }
            "And" | "Or" => {
                let parts = argument.as_sequence().ok_or_else(|| malformed(function))?;
                let mut parts = parts.iter().map(|part| part.as_bool().unwrap_or_default());
                Value::Bool(if function == "And" { parts.all(|it| it) } else { parts.any(|it| it) })
            }
            // GetAtt, ImportValue … name things that exist on AWS only.
            elsewhere => Value::String(format!("!{elsewhere} {}", argument.as_str().unwrap_or_default())),
        })
    }

    fn condition(&self, name: &Value, depth: usize) -> Result<bool, LocalError> {
        let name = name.as_str().unwrap_or_default();
        let condition = self
            .conditions
            .and_then(|conditions| conditions.get(name))
            .ok_or_else(|| LocalError::said(format!("Conditions has no {name}")))?;
        self.resolve_at(condition, depth + 1)?
            .as_bool()
            .ok_or_else(|| LocalError::said(format!("Conditions.{name} is neither true nor false")))
    }

    fn reference(&self, name: &str) -> Value {
        match self.parameters.get(name) {
            Some(value) => value.clone(),
            None if name == "AWS::NoValue" => Value::Null,
            None => Value::String(name.to_owned()),
        }
    }

    /// Puts parameters into `${…}`; other names stay, as they stand for things on AWS.
    fn substitute(&self, argument: &Value) -> Result<Value, LocalError> {
        let (text, own) = match argument {
            Value::Sequence(pair) => (pair.first(), pair.get(1).and_then(Value::as_mapping)),
            text => (Some(text), None),
        };
        let mut text = text.and_then(Value::as_str).ok_or_else(|| malformed("Sub"))?.to_owned();
        for (name, value) in own.into_iter().flatten() {
            if let (Some(name), Some(value)) = (name.as_str(), value.as_str()) {
                text = text.replace(&format!("${{{name}}}"), value);
            }
        }
        for (name, value) in &self.parameters {
            if let Some(value) = value.as_str() {
                text = text.replace(&format!("${{{name}}}"), value);
            }
        }
        Ok(Value::String(text))
    }
}

/// The function's short name and its argument, of `!Ref X`, `Ref: X` and `Fn::Sub: X` alike.
fn call(value: &Value) -> Option<(String, &Value)> {
    match value {
        Value::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            Some((tag.trim_start_matches('!').to_owned(), &tagged.value))
        }
        Value::Mapping(entries) if entries.len() == 1 => {
            let (key, argument) = entries.iter().next()?;
            match key.as_str()? {
                "Ref" => Some(("Ref".to_owned(), argument)),
                // `Condition` is a call only with a name; elsewhere it is an ordinary key.
                "Condition" if argument.is_string() => Some(("Condition".to_owned(), argument)),
                key => Some((key.strip_prefix("Fn::")?.to_owned(), argument)),
            }
        }
        _ => None,
    }
}

fn items<'v, const N: usize>(function: &str, argument: &'v Value) -> Result<[&'v Value; N], LocalError> {
    let items: Vec<&Value> = argument.as_sequence().into_iter().flatten().collect();
    items.try_into().map_err(|_| malformed(function))
}

fn text_of<'v>(function: &str, value: &'v Value) -> Result<&'v str, LocalError> {
    value.as_str().ok_or_else(|| malformed(function))
}

fn malformed(function: &str) -> LocalError {
    LocalError::said(format!("a !{function} does not have the arguments that CloudFormation describes for it"))
}

fn split(text: &str, separator: &str) -> Value {
    Value::Sequence(text.split(separator).map(|part| Value::String(part.trim().to_owned())).collect())
}
