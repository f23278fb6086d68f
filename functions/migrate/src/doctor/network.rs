//! From the host's name to a server that speaks PostgreSQL, without a login.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};

use shared::database::DatabaseUrl;

use super::{Finding, PATIENCE};

/// "Will you speak TLS?": the server answers S or N, before any login.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// What the port answered to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Tls,
    Plain,
    /// Something that isn't PostgreSQL, or nothing at all.
    Other,
}

/// Name, port and encryption of the URL in `variable`; stops at the first trouble.
pub(super) async fn examine(url: &DatabaseUrl, variable: &'static str) -> Vec<Finding> {
    let place = url.place();
    let server = place.rsplit_once('/').map_or(place.as_str(), |(server, _)| server).to_owned();
    // A list of hosts or a socket file: the driver knows how, and the login tells.
    if server.contains(',') || server.starts_with('/') {
        return vec![Finding::fine("network", format!("{server} (left to the login)"))];
    }
    let requires_tls = url.requires_tls();
    let steps = move || steps(&server, requires_tls, variable);
    // Names are looked up by the system, which blocks; on a thread of its own it can't hold up anything.
    let outcome = tokio::time::timeout(PATIENCE * 3, tokio::task::spawn_blocking(steps)).await;
    match outcome {
        Ok(Ok(findings)) => findings,
        _ => vec![Finding::trouble(
            "dns",
            "dns_failed",
            "the name service did not answer",
            "check the network and the name service of this machine",
        )],
    }
}

fn steps(server: &str, requires_tls: bool, variable: &str) -> Vec<Finding> {
    let (host, port) = server.rsplit_once(':').unwrap_or((server, "5432"));
    let address = match server.to_socket_addrs().map(|mut addresses| addresses.next()) {
        Ok(Some(address)) => address,
        _ => {
            return vec![Finding::trouble(
                "dns",
                "wrong_host",
                format!("there is no host {host}"),
                format!("correct the host in {variable}"),
            )];
        }
    };
    let mut findings = vec![Finding::fine("dns", format!("{host} is {}", address.ip()))];
    let mut stream = match open(address) {
        Ok(stream) => stream,
        Err(error) => {
            findings.push(unreachable(host, port, error.kind(), variable));
            return findings;
        }
    };
    let answer = ask(&mut stream);
    if answer == Answer::Other {
        findings.push(Finding::trouble(
            "port",
            "wrong_port",
            format!("something answers on port {port}, and it isn't PostgreSQL"),
            format!("correct the port in {variable} (PostgreSQL: 5432, PgBouncer: 6543)"),
        ));
        return findings;
    }
    findings.push(Finding::fine("port", format!("PostgreSQL answers on port {port}")));
    findings.push(match (answer, requires_tls) {
        (Answer::Tls, true) => Finding::fine("tls", "the server speaks TLS, and the URL asks for it"),
        (Answer::Plain, true) => Finding::trouble(
            "tls",
            "tls_failed",
            "the URL asks for TLS, and the server speaks none",
            format!("switch ssl on at the server, or correct sslmode in {variable} (in production it stays on)"),
        ),
        (Answer::Tls, false) => Finding::fine("tls", "not asked for (the server would speak it: sslmode=require)"),
        (Answer::Plain | Answer::Other, false | true) => Finding::fine("tls", "not asked for"),
    });
    findings
}

fn open(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn unreachable(host: &str, port: &str, kind: ErrorKind, variable: &str) -> Finding {
    match kind {
        ErrorKind::ConnectionRefused => Finding::trouble(
            "port",
            "wrong_port",
            format!("nothing listens on port {port} of {host}"),
            format!("start the database (systemctl status postgresql), or correct the port in {variable}"),
        ),
        _ => Finding::trouble(
            "port",
            "unreachable",
            format!("{host}:{port} does not answer within {} s", PATIENCE.as_secs()),
            "let this machine through the firewall of the database (security group, allowed addresses), or correct the \
             host",
        ),
    }
}

fn ask(stream: &mut TcpStream) -> Answer {
    let mut byte = [0];
    match stream.write_all(&SSL_REQUEST).and_then(|()| stream.read_exact(&mut byte)) {
        Ok(()) if byte == [b'S'] => Answer::Tls,
        Ok(()) if byte == [b'N'] => Answer::Plain,
        _ => Answer::Other,
    }
}
