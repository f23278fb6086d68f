//! Spending: what costs nothing does not come here, and what it is spent on is of the list.

use jiff::Timestamp;

use super::post::{Movement, post};
use crate::database::Statement;
use crate::tokens::Cost;

/// What tokens are spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendKind {
    /// An enhanced image.
    Enhancement,
    /// An image made for an agent.
    McpGeneration,
    /// Time of a box.
    BoxCreation,
    /// A message to an app's agent.
    AppMessage,
}

impl SpendKind {
    /// The entry's type.
    pub fn as_str(self) -> &'static str {
        match self {
            SpendKind::Enhancement => "SPEND_ENHANCEMENT",
            SpendKind::McpGeneration => "SPEND_MCP_GENERATION",
            SpendKind::BoxCreation => "SPEND_BOX_CREATION",
            SpendKind::AppMessage => "SPEND_APP_MESSAGE",
        }
    }
}

/// One spend to make.
pub struct Spend<'a> {
    /// Whose tokens.
    pub user_id: &'a str,
    /// How many.
    pub cost: Cost,
    /// On what.
    pub kind: SpendKind,
    /// What kind of thing caused it, such as `image_enhancement`.
    pub source: &'static str,
    /// The id of that thing.
    pub source_id: Option<&'a str>,
    /// Names the cause once and for all; a refund names it again.
    pub event_key: String,
}

/// Takes the tokens if they are there, in one statement; [`super::outcome`] reads its answer.
pub fn spend(spend: Spend<'_>, now: Timestamp) -> Statement {
    let Spend { user_id, cost, kind, source, source_id, event_key } = spend;
    let amount = -cost.tokens();
    post(Movement { user_id, amount, kind: kind.as_str(), source, source_id, event_key, metadata: None }, now)
}
