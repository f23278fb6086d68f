//! Voucher codes, and why one is not redeemed: what those who make them and those who redeem them must agree on.

use crate::limits;

/// A code as it is kept: upper case letters and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// Normalises what somebody typed; `None` when no voucher can be made with such a code.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (1..=limits::VOUCHER_CODE_CHARACTERS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Code(text.to_ascii_uppercase()))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a voucher is not redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such voucher, or no longer.
    #[error("Voucher code not found")]
    NotFound,
    /// An administrator has switched it off.
    #[error("This voucher is no longer active")]
    Inactive,
    /// Its time is over.
    #[error("This voucher has expired")]
    Expired,
    /// It was redeemed as often as it may be.
    #[error("This voucher has reached its usage limit")]
    Depleted,
    /// The same person redeemed it before.
    #[error("You have already redeemed this voucher")]
    AlreadyRedeemed,
    /// Of a kind that nobody can redeem yet.
    #[error("This kind of voucher is not supported yet")]
    Unsupported,
    /// A share of next to nothing.
    #[error("This voucher would add no tokens to your balance: it is not used up")]
    Worthless,
}

impl Refusal {
    /// The stable code that clients go by.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::NotFound => "voucher_not_found",
            Refusal::Inactive => "voucher_inactive",
            Refusal::Expired => "voucher_expired",
            Refusal::Depleted => "voucher_depleted",
            Refusal::AlreadyRedeemed => "voucher_already_redeemed",
            Refusal::Unsupported => "voucher_not_supported",
            Refusal::Worthless => "voucher_worthless",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_form_however_it_is_typed() {
        let long = "a".repeat(50);
        for (typed, kept) in [(" launch100 ", "LAUNCH100"), ("7", "7"), ("\tBeta25\n", "BETA25")] {
            assert_eq!(Code::parse(typed).unwrap().as_str(), kept);
        }
        assert_eq!(Code::parse(&long).unwrap().as_str(), long.to_uppercase());
        for bad in ["", "  ", "AB-1", "A B", "A_B", "ß", "é", "A\0", "１", &"a".repeat(51)] {
            assert_eq!(Code::parse(bad), None, "{bad:?}");
        }
    }
}
