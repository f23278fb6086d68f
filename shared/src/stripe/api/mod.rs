//! Stripe's API as far as we use it. Parameters are named as in Stripe's reference.

mod checkout;
mod client;
mod customer;
mod portal;
mod subscription;

pub use self::checkout::{Line, Page, Session};
pub use self::client::{Conversation, Form, Stripe, StripeError};
pub use self::customer::Customer;
pub use self::subscription::{ItemChange, SubscriptionChange};
