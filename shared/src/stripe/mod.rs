//! Stripe, asked: its API, and what people want of it as operations that are written down first and then done.
//!
//! No request to Stripe is made within a transaction: what is to be done is written down and committed first, then asked
//! for under that record's id as idempotency key, then settled. An answer that was lost is asked for again by that key.

mod api;
mod buyer;
mod cashier;
mod operation;
mod perform;
mod sale;
mod settle;

pub use self::api::{
    Conversation, Customer, Form, ItemChange, Line, Page, Session, Stripe, StripeError, SubscriptionChange,
};
pub use self::buyer::{Buyer, Subscription};
pub use self::cashier::Cashier;
pub use self::operation::{Done, Kind, Operation, TAKE};
pub use self::perform::{Trouble, effect, upgraded};
pub use self::sale::{CATALOGUE, Catalogue, Offer, What};
pub use self::settle::Settled;
