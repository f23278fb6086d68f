//! A TCP proxy between a function and its database that counts, independently of the function, how often it waits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use local::LocalError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A running proxy; it ends with the test's runtime.
pub struct Proxy {
    address: SocketAddr,
    turns: Arc<AtomicU32>,
}

impl Proxy {
    /// Passes everything on to `target`.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(target: SocketAddr) -> Result<Self, LocalError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let turns = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&turns);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, target, Arc::clone(&counted)));
            }
        });
        Ok(Proxy { address, turns })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often the database began to answer after something was sent to it, since the last call.
    pub fn take_turns(&self) -> u32 {
        self.turns.swap(0, Ordering::SeqCst)
    }
}

async fn pass_on(client: TcpStream, target: SocketAddr, turns: Arc<AtomicU32>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut client_reads, mut client_writes) = client.into_split();
    let (mut server_reads, mut server_writes) = server.into_split();
    let asked = Arc::new(AtomicBool::new(false));
    let asking = Arc::clone(&asked);
    let there = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = client_reads.read(&mut buffer).await {
            asking.store(true, Ordering::SeqCst);
            if server_writes.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    };
    let back = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = server_reads.read(&mut buffer).await {
            if asked.swap(false, Ordering::SeqCst) {
                turns.fetch_add(1, Ordering::SeqCst);
            }
            if client_writes.write_all(&buffer[..length]).await.is_err() {
                break;
            }
        }
    };
    // Either side's end is the end of both.
    tokio::select! { () = there => {}, () = back => {} }
}
