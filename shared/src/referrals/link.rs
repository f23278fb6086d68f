//! Writing down who brought a newcomer.

use crate::caller::Anyone;
use crate::database::Statement;
use crate::ids::new_id;

/// Symbols of a code; what [`crate::ids::referral_code`] makes.
const LENGTH: usize = 8;

/// A code as it was given to somebody: eight letters and digits, upper case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// Reads what a person typed or a link carried, in any case; `None` when nobody can have such a code.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let is_symbol = |byte: u8| matches!(byte, b'A'..=b'H' | b'J'..=b'N' | b'P'..=b'Z' | b'2'..=b'9');
        (text.len() == LENGTH && text.bytes().all(is_symbol)).then_some(Code(text))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// For the transaction that makes a person, behind the statement that does: they were brought by the owner of `code`. An
/// unknown code changes nothing. Somebody who `came_back` after deleting an account earns nobody a reward.
pub fn link(code: &str, referee_id: &str, came_back: bool, stranger: &Anyone) -> Statement {
    Statement::new(LINK)
        .bind(Code::parse(code).as_ref().map(Code::as_str))
        .bind(referee_id)
        .bind(new_id("ref", stranger.now))
        .bind(stranger.network())
        .bind(stranger.now)
        .bind(came_back)
}

const LINK: &str = "
with linked as (
    update users u
       set referred_by_id = r.id
      from users r
     where u.id = $2
       and u.referred_by_id is null
       and r.referral_code = $1
       and r.id <> u.id
       and r.deleted_at is null
    returning u.id as referee_id, r.id as referrer_id
)
insert into referrals (id, referrer_id, referee_id, status, invalid_reason, ip_address, created_at)
select $3, referrer_id, referee_id, case when $6 then 'INVALID' else 'PENDING' end, case when $6 then 'returning' end, $4, $5
  from linked
on conflict (referee_id) do nothing
returning id";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(Code::parse(" abcd2345 ").unwrap().as_str(), "ABCD2345");
        for bad in ["", "ABCD234", "ABCD23456", "ABCD234O", "ABCD234I", "ABCD2340", "ABCD2341", "ABCD-345", "ÄBCD345"]
        {
            assert_eq!(Code::parse(bad), None, "{bad}");
        }
        for _ in 0..1_000 {
            let made = crate::ids::referral_code();
            assert_eq!(Code::parse(&made).unwrap().as_str(), made);
        }
    }
}
