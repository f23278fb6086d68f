//! A statement and its parameters as one value: the type of each parameter travels with it, so nothing is looked up.

use jiff::Timestamp;
use tokio_postgres::types::{ToSql, Type};

use crate::tokens::Tokens;

/// SQL with its parameters.
pub struct Statement {
    pub(super) sql: &'static str,
    pub(super) parameters: Vec<(Box<dyn ToSql + Send + Sync>, Type)>,
}

impl Statement {
    /// A statement without parameters yet. The SQL is a constant: values go through [`Statement::bind`].
    pub const fn new(sql: &'static str) -> Self {
        Statement { sql, parameters: Vec::new() }
    }

    /// Binds the next parameter: the first call is `$1`.
    pub fn bind(mut self, value: impl Parameter) -> Self {
        self.parameters.push(value.bound());
        self
    }
}

/// A value that a statement takes, with the PostgreSQL type it is sent as.
pub trait Parameter {
    /// The value and its type.
    fn bound(self) -> (Box<dyn ToSql + Send + Sync>, Type);
}

macro_rules! parameter {
    ($($rust:ty => $type:ident, $convert:expr;)*) => {$(
        impl Parameter for $rust {
            fn bound(self) -> (Box<dyn ToSql + Send + Sync>, Type) {
                (Box::new(($convert)(self)), Type::$type)
            }
        }
        impl Parameter for Option<$rust> {
            fn bound(self) -> (Box<dyn ToSql + Send + Sync>, Type) {
                (Box::new(self.map($convert)), Type::$type)
            }
        }
    )*};
}

parameter! {
    &str => TEXT, str::to_owned;
    String => TEXT, String::from;
    i64 => INT8, i64::from;
    i32 => INT4, i32::from;
    bool => BOOL, bool::from;
    Tokens => INT8, |tokens: Tokens| tokens.0;
    Timestamp => TIMESTAMPTZ, |moment: Timestamp| moment;
    [u8; 32] => BYTEA, |digest: [u8; 32]| digest.to_vec();
    serde_json::Value => JSONB, |value: serde_json::Value| value;
}
