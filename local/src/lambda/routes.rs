//! Finds the route of a request, as an HTTP API does: the more specific path wins, then the named method over `ANY`.

use std::{cmp::Ordering, sync::Arc};

use super::{function::Function, template::Route};

/// The routes of all functions, the most specific first.
#[derive(Debug)]
pub(super) struct Routes {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    key: String,
    method: String,
    segments: Vec<Segment>,
    function: Arc<Function>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Fixed(String),
    Variable(String),
    Rest(String),
}

/// The route of a request.
#[derive(Debug)]
pub(super) struct Match<'a> {
    /// Such as `ANY /api/tokens/{proxy+}`.
    pub(super) key: &'a str,
    /// Where it leads.
    pub(super) function: &'a Arc<Function>,
    /// The values of the path's variables.
    pub(super) path_parameters: Vec<(&'a str, &'a str)>,
}

impl Routes {
    /// The routes of these functions.
    pub(super) fn new(functions: &[Arc<Function>]) -> Self {
        let routes = functions.iter().flat_map(|function| {
            function.template.routes.iter().map(move |route| Entry {
                key: route.key(),
                method: route.method.clone(),
                segments: segments(route),
                function: Arc::clone(function),
            })
        });
        let mut entries: Vec<Entry> = routes.collect();
        entries.sort_by(more_specific);
        Self { entries }
    }

    /// The route of a request to this path, which is decoded.
    pub(super) fn find<'a>(&'a self, method: &str, path: &'a str) -> Option<Match<'a>> {
        let path = path.strip_prefix('/')?;
        self.entries.iter().filter(|entry| entry.method == method || entry.method == "ANY").find_map(|entry| {
            let path_parameters = matched(&entry.segments, path)?;
            Some(Match { key: &entry.key, function: &entry.function, path_parameters })
        })
    }
}

fn segments(route: &Route) -> Vec<Segment> {
    let path = route.path.strip_prefix('/').unwrap_or(&route.path);
    path.split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(name) => Segment::Rest(name.to_owned()),
                None => Segment::Variable(name.to_owned()),
            },
            None => Segment::Fixed(segment.to_owned()),
        })
        .collect()
}

fn more_specific(left: &Entry, right: &Entry) -> Ordering {
    left.segments.cmp(&right.segments).then((left.method == "ANY").cmp(&(right.method == "ANY")))
}

fn matched<'a>(segments: &'a [Segment], path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut parameters = Vec::new();
    let mut rest = Some(path);
    for segment in segments {
        let left = rest?;
        if let Segment::Rest(name) = segment {
            parameters.push((name.as_str(), left));
            return (!left.is_empty()).then_some(parameters);
        }
        let (first, after) = match left.split_once('/') {
            Some((first, after)) => (first, Some(after)),
            None => (left, None),
        };
        match segment {
            Segment::Fixed(text) if text == first => {}
            Segment::Variable(name) if !first.is_empty() => parameters.push((name.as_str(), first)),
            _ => return None,
        }
        rest = after;
    }
    rest.is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str) -> Vec<Segment> {
        segments(&Route { method: "GET".into(), path: path.into() })
    }

    #[test]
    fn matches_whole_segments_only() {
        let health = parse("/api/health");
        assert!(matched(&health, "api/health").is_some());
        assert!(matched(&health, "api/healthy").is_none());
        assert!(matched(&health, "api/health/").is_none());
        assert!(matched(&health, "api/health/ready").is_none());
    }

    #[test]
    fn a_greedy_variable_takes_at_least_one_character() {
        let tokens = parse("/api/tokens/{proxy+}");
        assert_eq!(matched(&tokens, "api/tokens/a/b"), Some(vec![("proxy", "a/b")]));
        assert_eq!(matched(&tokens, "api/tokens/"), None);
        assert_eq!(matched(&tokens, "api/tokens"), None);
    }

    #[test]
    fn fixed_comes_before_variable_before_rest() {
        let mut paths = [parse("/a/{x+}"), parse("/a/{x}"), parse("/a/b")];
        paths.sort();
        assert_eq!(paths, [parse("/a/b"), parse("/a/{x}"), parse("/a/{x+}")]);
    }
}
