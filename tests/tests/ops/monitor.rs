//! `cargo db monitor`: the same figures in a terminal.

use std::process::Command;

use serde_json::Value;
use tests::{Given, Stack, with_stack};

/// What the command prints with these variables, and whether it succeeded.
fn monitor(arguments: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
    let output = Command::new(Given::get().binaries.join("migrate"))
        .args(["monitor", "--once"])
        .args(arguments)
        .env_clear()
        .env("ENVIRONMENT", "test")
        .envs(variables.iter().copied())
        // Where no .env.local is.
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn monitor_url(stack: &Stack) -> String {
    format!("{}/{}", Given::get().monitor, stack.direct_url.rsplit_once('/').unwrap().1)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_are_printed_as_a_table_and_as_json() {
    with_stack(async |stack| {
        stack.sign_up("ada").await;
        let url = monitor_url(stack);
        let all = [("DIRECT_URL", &*stack.direct_url), ("DATABASE_URL", &*stack.pooled_url), ("MONITOR_URL", &*url)];
        let (succeeded, table) = monitor(&[], &all);
        println!("{table}");
        assert!(succeeded, "{table}");
        for part in ["Connections   ", "of 1000 clients", "Replicas      none", "Running > 5 s none", "Size          "]
        {
            assert!(table.contains(part), "{part}: {table}");
        }
        let (succeeded, json) = monitor(&["--json"], &all);
        // Behind it the log may tell of a slow exchange.
        let json: Value = serde_json::from_str(json.lines().next().unwrap_or_default())
            .unwrap_or_else(|error| panic!("{error}: {json}"));
        assert!(succeeded && json["connections"]["used"].as_i64().unwrap() > 0, "{json}");
        assert!(json["pooler"]["pools"].is_array(), "{json}");

        // As the owner of the database, without the pooler's figures.
        let (succeeded, alone) = monitor(&[], &all[..1]);
        assert!(succeeded && alone.contains("There is no pooler to ask"), "{alone}");
        // As a role that sees its own sessions only.
        let (succeeded, refused) = monitor(&[], &[("DIRECT_URL", &*stack.pooled_url)]);
        assert!(!succeeded && refused.contains("grant pg_monitor"), "{refused}");
    })
    .await;
}
