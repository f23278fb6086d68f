//! A proxy between functions and PgBouncer that stops a transaction at a chosen point: what the functions are made of
//! knows nothing of it. Whoever set the trap then kills or freezes the function, and cuts the connection or lets it go on.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use local::LocalError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::wire::{Frames, Message};

/// Where a transaction is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The server has heard nothing of it.
    BeforeBegin,
    /// The server has begun it, and has heard no more.
    AfterBegin,
    /// The server has run the statement that matters, and has heard no more.
    AfterEffect,
    /// The server has run everything but the commit.
    BeforeCommit,
    /// The server has committed and says so, and the function does not hear it.
    AfterCommit,
}

impl Point {
    /// All of them, in the order of a transaction.
    pub const ALL: [Point; 5] =
        [Point::BeforeBegin, Point::AfterBegin, Point::AfterEffect, Point::BeforeCommit, Point::AfterCommit];
}

/// A running proxy; it ends with the test's runtime.
pub struct FaultProxy {
    address: SocketAddr,
    armed: Arc<Mutex<Option<Armed>>>,
}

/// A trap that was set. Dropped, it does nothing any more.
pub struct Trap {
    reached: oneshot::Receiver<()>,
    fate: oneshot::Sender<Fate>,
}

enum Fate {
    Cut,
    GoOn,
}

struct Armed {
    point: Point,
    /// Transactions to let pass first.
    skip: usize,
    effect: &'static str,
    reached: oneshot::Sender<()>,
    fate: oneshot::Receiver<Fate>,
}

impl FaultProxy {
    /// Passes everything on to `target`.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(target: SocketAddr) -> Result<Self, LocalError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let armed = Arc::default();
        let shared = Arc::clone(&armed);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let armed = Arc::clone(&shared);
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(target).await else { return };
                    let mut passage = Passage::new(armed, client, server);
                    // Either side's end is the end of both.
                    passage.pass().await;
                    passage.give_back();
                });
            }
        });
        Ok(FaultProxy { address, armed })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops, once, a transaction at `point`: the one after `skip` others. `effect` is a part of the SQL that matters for
    /// [`Point::AfterEffect`]; a transaction that ends without it is let go, and the trap waits for another.
    pub fn arm(&self, point: Point, skip: usize, effect: &'static str) -> Trap {
        let (reached_sender, reached) = oneshot::channel();
        let (fate, fate_receiver) = oneshot::channel();
        *lock(&self.armed) = Some(Armed { point, skip, effect, reached: reached_sender, fate: fate_receiver });
        Trap { reached, fate }
    }
}

impl Trap {
    /// Returns when a transaction stands at the point.
    pub async fn reached(&mut self) {
        if (&mut self.reached).await.is_err() {
            // Another trap has taken its place.
            std::future::pending::<()>().await;
        }
    }

    /// Closes the connection on both sides.
    pub fn cut(self) {
        // The connection may have ended by itself.
        let _ = self.fate.send(Fate::Cut);
    }

    /// Lets the transaction go on as if nothing had been.
    pub fn go_on(self) {
        let _ = self.fate.send(Fate::GoOn);
    }
}

fn lock(armed: &Mutex<Option<Armed>>) -> MutexGuard<'_, Option<Armed>> {
    armed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a statement is to a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Begin,
    Effect,
    Commit,
    Rollback,
    Other,
}

impl Mark {
    fn of(sql: &str, effect: &str) -> Self {
        match sql {
            "begin" => Mark::Begin,
            "commit" => Mark::Commit,
            "rollback" => Mark::Rollback,
            sql if sql.contains(effect) => Mark::Effect,
            _ => Mark::Other,
        }
    }
}

/// One connection of a function and the one behind it.
struct Passage {
    armed: Arc<Mutex<Option<Armed>>>,
    client: TcpStream,
    server: TcpStream,
    from_client: Frames,
    from_server: Frames,
    /// How often the server was asked and has answered, by messages that end in ReadyForQuery.
    asked: u64,
    answered: u64,
    /// The trap, while the transaction that it stops is this connection's.
    mine: Option<Armed>,
    /// The statement that is being passed.
    current: Option<Mark>,
    /// The message that waits for the trap's fate, when it is to be stopped before it.
    held: Option<Message>,
    holding: bool,
    /// Whether the server's answers stay here.
    withholding: bool,
    withheld: Vec<u8>,
}

impl Passage {
    fn new(armed: Arc<Mutex<Option<Armed>>>, client: TcpStream, server: TcpStream) -> Self {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        Passage {
            armed,
            client,
            server,
            from_client: Frames::of_client(),
            from_server: Frames::of_server(),
            asked: 0,
            answered: 0,
            mine: None,
            current: None,
            held: None,
            holding: false,
            withholding: false,
            withheld: Vec::new(),
        }
    }

    /// Passes messages until one side ends or the trap's owner cuts; `None` is the end.
    async fn pass(&mut self) -> Option<()> {
        loop {
            while !self.holding
                && let Some(message) = self.from_client.next()
            {
                self.pass_on(message).await?;
            }
            while let Some(message) = self.from_server.next() {
                self.answered += u64::from(message.is_ready());
                match self.withholding {
                    true => self.withheld.extend(message.bytes),
                    false => self.client.write_all(&message.bytes).await.ok()?,
                }
            }
            if self.holding && self.asked == self.answered {
                self.spring().await?;
                continue;
            }
            let length = tokio::select! {
                length = self.client.read_buf(self.from_client.buffer()) => length.ok()?,
                length = self.server.read_buf(self.from_server.buffer()) => length.ok()?,
            };
            if length == 0 {
                return None;
            }
        }
    }

    async fn pass_on(&mut self, message: Message) -> Option<()> {
        if message.asks_for_encryption() {
            return self.client.write_all(b"N").await.ok();
        }
        if message.sql().is_some_and(|sql| self.stops_before(sql)) {
            (self.held, self.holding) = (Some(message), true);
            return Some(());
        }
        self.server.write_all(&message.bytes).await.ok()?;
        if message.wants_ready() {
            self.asked += 1;
            self.holding = self.stops_after();
        }
        Some(())
    }

    fn stops_before(&mut self, sql: &str) -> bool {
        if sql == "begin" && self.mine.is_none() {
            self.mine = claim(&self.armed);
        }
        let Some(mine) = &self.mine else { return false };
        let mark = Mark::of(sql, mine.effect);
        self.current = Some(mark);
        match (mine.point, mark) {
            (Point::BeforeBegin, Mark::Begin) | (Point::BeforeCommit, Mark::Commit) => true,
            (Point::AfterCommit, Mark::Commit) => {
                self.withholding = true;
                false
            }
            (_, Mark::Commit | Mark::Rollback) => {
                self.give_back();
                false
            }
            _ => false,
        }
    }

    fn stops_after(&mut self) -> bool {
        let (Some(mine), Some(mark)) = (&self.mine, self.current.take()) else { return false };
        matches!(
            (mine.point, mark),
            (Point::AfterBegin, Mark::Begin) | (Point::AfterEffect, Mark::Effect) | (Point::AfterCommit, Mark::Commit)
        )
    }

    /// Tells the trap's owner and does what they decide.
    async fn spring(&mut self) -> Option<()> {
        let mine = self.mine.take()?;
        (self.holding, self.withholding) = (false, false);
        // Without an owner nobody has wanted this any more.
        if mine.reached.send(()).is_ok() && matches!(mine.fate.await, Ok(Fate::Cut)) {
            return None;
        }
        self.client.write_all(&std::mem::take(&mut self.withheld)).await.ok()?;
        if let Some(message) = self.held.take() {
            self.current = None;
            self.server.write_all(&message.bytes).await.ok()?;
        }
        Some(())
    }

    /// The trap waits for another transaction.
    fn give_back(&mut self) {
        if let Some(mine) = self.mine.take() {
            let mut armed = lock(&self.armed);
            // Not over one that was set meanwhile, and not when nobody waits.
            if armed.is_none() && !mine.reached.is_closed() {
                *armed = Some(Armed { skip: 0, ..mine });
            }
        }
    }
}

fn claim(armed: &Mutex<Option<Armed>>) -> Option<Armed> {
    let mut armed = lock(armed);
    match armed.as_mut()?.skip {
        0 => armed.take(),
        _ => {
            armed.as_mut()?.skip -= 1;
            None
        }
    }
}
