//! What happens in one round, decided before it begins: who wants what, and which faults come when.

use tests::Point;

use crate::dice::Dice;
use crate::world::FUNCTIONS;

pub const CLIENTS: usize = 8;
/// Two clients share a wallet.
pub const PEOPLE: usize = 4;
const WISHES: usize = 12;
const FAULTS: usize = 3;

/// What goes wrong in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    KilledAtAPoint,
    KilledAnywhere,
    AnswerLost,
    CutOff,
    HeldUp,
    Frozen,
    PoolerKilled,
    BackendsTerminated,
    BackendKilled,
}

impl Kind {
    pub const ALL: [Kind; 9] = [
        Kind::KilledAtAPoint,
        Kind::KilledAnywhere,
        Kind::AnswerLost,
        Kind::CutOff,
        Kind::HeldUp,
        Kind::Frozen,
        Kind::PoolerKilled,
        Kind::BackendsTerminated,
        Kind::BackendKilled,
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Kind::KilledAtAPoint => "function killed within a transaction",
            Kind::KilledAnywhere => "every function killed at any moment",
            Kind::AnswerLost => "function killed before its reply",
            Kind::CutOff => "connection cut within a transaction",
            Kind::HeldUp => "commit held up until nobody waits",
            Kind::Frozen => "function frozen within a transaction",
            Kind::PoolerKilled => "PgBouncer killed",
            Kind::BackendsTerminated => "backends terminated",
            Kind::BackendKilled => "backend killed, PostgreSQL restarts",
        }
    }
}

/// What a client wants; numbers of wishes are of the same client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Buy { package: usize },
    MoneyBack { wish: usize },
    Redeem,
    Grant,
    Page,
    Spend { tokens: u32 },
    GiveBack { wish: usize, tokens: u32 },
}

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// It comes when so many wishes have been fulfilled.
    pub after: usize,
    pub how: How,
}

/// What is done. A victim is the so many-th of those that there are, counted round and round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    KillAt { till: bool, point: Point, skip: usize },
    KillAll,
    LoseAnswer { function: &'static str },
    CutAt { till: bool, point: Point, skip: usize },
    HoldUp { till: bool, skip: usize },
    Freeze { point: Point },
    KillPooler { away_milliseconds: u64 },
    TerminateBackends { every_second: bool },
    KillBackend { victim: usize },
}

/// A round.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    pub kind: Kind,
    pub clients: Vec<Vec<Wish>>,
    pub faults: Vec<Fault>,
}

impl Plan {
    /// The plan of a round: the same for the same seed.
    pub fn new(seed: u64, round: usize) -> Self {
        let mut dice = Dice::new(seed, u64::try_from(round).unwrap());
        let kind = Kind::ALL[round % Kind::ALL.len()];
        let clients = (0..CLIENTS).map(|_| wishes(&mut dice)).collect();
        let count = match kind {
            // These take seconds.
            Kind::HeldUp | Kind::Frozen | Kind::BackendKilled => 1,
            _ => FAULTS,
        };
        let mut faults: Vec<_> =
            (0..count).map(|_| Fault { after: dice.below(CLIENTS * WISHES / 2), how: how(kind, &mut dice) }).collect();
        faults.sort_by_key(|fault| fault.after);
        Plan { kind, clients, faults }
    }

    /// How many wishes there are.
    pub fn wishes(&self) -> usize {
        self.clients.iter().map(Vec::len).sum()
    }
}

fn wishes(dice: &mut Dice) -> Vec<Wish> {
    let (mut wishes, mut bought, mut spent, mut page): (Vec<Wish>, Vec<usize>, Vec<(usize, u32)>, _) =
        (Vec::new(), Vec::new(), Vec::new(), false);
    while wishes.len() < WISHES {
        let number = wishes.len();
        wishes.push(match dice.below(10) {
            0 | 1 => {
                bought.push(number);
                Wish::Buy { package: dice.below(4) }
            }
            2 if !bought.is_empty() => Wish::MoneyBack { wish: bought.remove(dice.below(bought.len())) },
            3 => Wish::Redeem,
            4 => Wish::Grant,
            5 if !page => {
                page = true;
                Wish::Page
            }
            6 if !spent.is_empty() => {
                let (wish, tokens) = spent.remove(dice.below(spent.len()));
                Wish::GiveBack { wish, tokens }
            }
            _ => {
                let tokens = u32::try_from(1 + dice.below(9)).unwrap();
                spent.push((number, tokens));
                Wish::Spend { tokens }
            }
        });
    }
    wishes
}

fn how(kind: Kind, dice: &mut Dice) -> How {
    let (till, point, skip) = (dice.below(2) == 0, dice.one(&Point::ALL), dice.below(3));
    match kind {
        Kind::KilledAtAPoint => How::KillAt { till, point, skip },
        Kind::KilledAnywhere => How::KillAll,
        Kind::AnswerLost => How::LoseAnswer { function: function(dice) },
        Kind::CutOff => How::CutAt { till, point, skip },
        Kind::HeldUp => How::HoldUp { till, skip },
        Kind::Frozen => How::Freeze { point: dice.one(&[Point::AfterBegin, Point::AfterEffect, Point::BeforeCommit]) },
        Kind::PoolerKilled => How::KillPooler { away_milliseconds: u64::try_from(dice.below(300)).unwrap() },
        Kind::BackendsTerminated => How::TerminateBackends { every_second: dice.below(2) == 0 },
        Kind::BackendKilled => How::KillBackend { victim: dice.below(8) },
    }
}

fn function(dice: &mut Dice) -> &'static str {
    match dice.below(FUNCTIONS.len() + 1) {
        0 => "till",
        n => FUNCTIONS[n - 1],
    }
}

#[test]
fn a_seed_repeats_its_decisions() {
    for round in 0..16 {
        assert_eq!(Plan::new(7, round), Plan::new(7, round));
        assert_ne!(Plan::new(7, round), Plan::new(8, round));
        assert_ne!(Plan::new(7, round).clients, Plan::new(7, round + Kind::ALL.len()).clients);
    }
}
