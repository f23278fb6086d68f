//! The real binary as Lambda sees it: an event in, an answer or an error out.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Folder, TestDatabase, with_database};

#[tokio::test]
async fn an_event_is_answered_with_the_report() {
    with_database(async |database| {
        let folder = Folder::new(&["create table a ()"]);
        let (path, answer) = invoke(database.command(&folder.0, &[]), &json!({"action": "deploy"}));
        assert!(path.ends_with("/response"), "{path}: {answer}");
        assert_eq!(
            (&answer["action"], &answer["applied"][0]["name"], &answer["pending"]),
            (&json!("deploy"), &json!("m1"), &json!(0))
        );
        assert_eq!(database.tables().await, "a");
    })
    .await;
}

#[tokio::test]
async fn ops_64_every_verb_can_be_sent_as_an_event() {
    with_database(async |database| {
        let folder = Folder::new(&["create table deployment (environment text); insert into deployment values (null)"]);
        let send = |event: Value| invoke(database.command(&folder.0, &[]), &event);
        let name = database.text("select current_database()::text").await;
        for (event, field, value) in [
            (json!({"action": "deploy"}), "pending", json!(0)),
            (json!({"action": "doctor"}), "verdict", json!("healthy")),
            (json!({"action": "resolve", "name": "m1", "as": "applied"}), "resolution", json!("applied")),
            (json!({"action": "rehearse"}), "differences", json!([])),
            (json!({"action": "reset", "target": name}), "applied", json!(1)),
        ] {
            let (path, answer) = send(event.clone());
            assert!(path.ends_with("/response"), "{event}: {answer}");
            assert_eq!((&answer["action"], &answer[field]), (&event["action"], &value), "{answer}");
        }
        for (event, says) in [
            (json!({"action": "baseline"}), "a history of migrations already"),
            (json!({"action": "reset", "target": "other"}), "SAFETY: "),
            (json!({"action": "validate"}), "sources are not here"),
            (json!({"action": "lint"}), "sources are not here"),
            (json!({"action": "format"}), "sources are not here"),
            (json!({"action": "new", "name": "x"}), "sources are not here"),
        ] {
            let (path, answer) = send(event.clone());
            assert!(path.ends_with("/error"), "{event}: {answer}");
            assert!(answer["errorMessage"].as_str().unwrap().contains(says), "{event}: {answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_failure_makes_the_invocation_fail() {
    with_database(async |database| {
        let folder = Folder::new(&["create table a (b nosuchtype)"]);
        let command = |database: &TestDatabase| database.command(&folder.0, &[]);
        for (event, error_type, says) in [
            (json!({"action": "deploy"}), "statement_failed", "V0001__m1.sql failed at statement 1, line 1"),
            (
                json!({"action": "launch"}),
                "malformed_request",
                "there is no action \"launch\"; send {\"action\": \"deploy\"}",
            ),
            (json!("deploy"), "malformed_request", "not a JSON object"),
            (json!({"action": "seed", "name": "nosuchseed"}), "unknown_seed", "nosuchseed"),
        ] {
            let (path, answer) = invoke(command(&database), &event);
            assert!(path.ends_with("/error"), "{path}: {answer}");
            assert_eq!(answer["errorType"], error_type);
            assert!(answer["errorMessage"].as_str().unwrap().contains(says), "{answer}");
        }
        let mut without_url = command(&database);
        without_url.env_remove("DIRECT_URL");
        let (_, answer) = invoke(without_url, &json!({"action": "status"}));
        assert_eq!(answer["errorType"], "configuration");
        assert!(answer["errorMessage"].as_str().unwrap().contains("DIRECT_URL is missing"), "{answer}");
    })
    .await;
}

/// Plays the Lambda Runtime API for one event; gives the path and the body of the answer.
fn invoke(mut command: Command, event: &Value) -> (String, Value) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    command.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string());
    for (name, value) in [("NAME", "migrate"), ("VERSION", "1"), ("MEMORY_SIZE", "128")] {
        command.env(format!("AWS_LAMBDA_FUNCTION_{name}"), value);
    }
    command.env("AWS_LAMBDA_LOG_GROUP_NAME", "log").env("AWS_LAMBDA_LOG_STREAM_NAME", "log");
    let mut function = command.stdout(Stdio::null()).spawn().unwrap();
    listener.set_nonblocking(true).unwrap();
    let started = Instant::now();
    let answer = loop {
        match listener.accept() {
            Ok((mut connection, _)) => {
                connection.set_nonblocking(false).unwrap();
                if let Some(answer) = converse(&mut connection, event) {
                    break answer;
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock && started.elapsed() < Duration::from_secs(20) => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) => panic!("the function did not call: {error}"),
        }
    };
    function.kill().unwrap();
    function.wait().unwrap();
    answer
}

/// Serves one connection until the answer came or the other side closed it.
fn converse(connection: &mut TcpStream, event: &Value) -> Option<(String, Value)> {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    loop {
        let (path, body) = request(&mut reader)?;
        let (head, reply) = if path.ends_with("/next") {
            (
                "200 OK\r\nlambda-runtime-aws-request-id: 1\r\nlambda-runtime-deadline-ms: 9999999999999\r\n\
                 lambda-runtime-invoked-function-arn: arn",
                event.to_string(),
            )
        } else {
            ("202 Accepted", "{}".to_owned())
        };
        let reply = format!(
            "HTTP/1.1 {head}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{reply}",
            reply.len()
        );
        connection.write_all(reply.as_bytes()).unwrap();
        if !path.ends_with("/next") {
            return Some((path, serde_json::from_slice(&body).unwrap()));
        }
    }
}

/// The next request's path and body; the body comes with its length or in chunks.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let line = |reader: &mut BufReader<TcpStream>| {
        let mut text = String::new();
        (reader.read_line(&mut text).unwrap() > 0).then(|| text.trim_end().to_ascii_lowercase())
    };
    let path = line(reader)?.split(' ').nth(1).unwrap().to_owned();
    let (mut length, mut chunked) = (0, false);
    loop {
        let header = line(reader)?;
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
        chunked |= header == "transfer-encoding: chunked";
    }
    let mut body = Vec::new();
    loop {
        if chunked {
            length = usize::from_str_radix(&line(reader)?, 16).unwrap();
        }
        let mut part = vec![0; length];
        reader.read_exact(&mut part).unwrap();
        body.append(&mut part);
        if !chunked || length == 0 {
            return Some((path, body));
        }
        line(reader)?;
    }
}
