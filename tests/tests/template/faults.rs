//! Faults planted in the template: each has to be caught before a deployment, by AWS's tools or by our own checks.

use std::collections::BTreeMap;

use crate::checks;
use crate::expansion::{expand, own_template};

/// A mistake that somebody could make: what it is, a piece of the template, and what stands there by mistake.
type Fault = (&'static str, &'static str, &'static str);

const FAULTS: [Fault; 18] = [
    ("a misspelt property", "MemorySize: 1024", "MemorySise: 1024"),
    ("a reference to nothing", "LogGroup: !Ref AuthLogs", "LogGroup: !Ref AuthLog"),
    ("a runtime that doesn't exist", "Runtime: provided.al2023", "Runtime: provided.al2024"),
    ("an event type that doesn't exist", "Type: HttpApi", "Type: HttpsApi"),
    ("a malformed ARN", "DestinationArn: !GetAtt AccessLogs.Arn", "DestinationArn: arn:aws:logs:access"),
    ("a route twice", "Path: /api/health/ready", "Path: /api/health"),
    ("a folder that isn't there", "CodeUri: functions/tokens", "CodeUri: functions/token"),
    ("a method that doesn't exist", "Method: POST", "Method: SEND"),
    ("a malformed schedule", HEALTH, SCHEDULED),
    ("a time-out beyond the gateway's", "Timeout: 20", "Timeout: 30"),
    ("a parameter type that doesn't exist", "Type: Number", "Type: Integer"),
    ("a right to everything", "      CodeUri: functions/tokens\n", ALLOWED),
    ("the direct URL for a function behind the pooler", "STRIPE_WEBHOOK_SECRET: !Sub", "DIRECT_URL: !Sub"),
    ("a route that no router has", "Path: /api/tokens/{proxy+}", "Path: /api/token/{proxy+}"),
    ("logs that are kept for ever", AUTH_LOGS, AUTH_LOGS_FOR_EVER),
    ("a secret in clear text", AUTH_SECRET, "AUTH_SECRET: 0123456789abcdef0123456789abcdef"),
    ("a function built by something else", "BuildMethod: rust-cargolambda", "BuildMethod: makefile"),
    ("an attribute that doesn't exist", "AccessLogs.Arn", "AccessLogs.Arm"),
];

const HEALTH: &str = "      Events:\n        Health:\n";
const SCHEDULED: &str = "      Events:
        Nightly:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: rate(5 minute)
        Health:
";
const ALLOWED: &str = "      CodeUri: functions/tokens
      Policies:
        - Version: '2012-10-17'
          Statement:
            - {Effect: Allow, Action: 'secretsmanager:*', Resource: '*'}
";
const AUTH_LOGS_FOR_EVER: &str = "LogGroupName: !Sub /spike-land/${Environment}/auth\n";
const AUTH_LOGS: &str =
    "LogGroupName: !Sub /spike-land/${Environment}/auth\n      RetentionInDays: !Ref LogRetentionDays\n";
const AUTH_SECRET: &str =
    r#"AUTH_SECRET: !Sub "{{resolve:secretsmanager:/spike-land/${Environment}/auth:SecretString:auth_secret}}""#;

#[tokio::test]
async fn each_planted_fault_is_caught() {
    let own = own_template();
    let plant = |(name, before, after): Fault| {
        assert!(own.contains(before), "the template has changed, so {name} can't be planted: no `{before}`");
        (name, own.replacen(before, after, 1))
    };
    let templates: BTreeMap<_, _> = FAULTS.into_iter().map(plant).collect();
    let expansions = expand(&templates).await;

    let (mut by_tools, mut by_checks, mut missed) = (0, 0, Vec::new());
    for (name, text) in &templates {
        let expansion = &expansions[*name];
        let checks = checks::problems(text, &expansion.expanded);
        let first = |problems: &[String]| problems.first().map_or("-".to_owned(), |it| it.chars().take(150).collect());
        println!("{name}\n  AWS's tools: {}\n  our checks:  {}", first(&expansion.problems), first(&checks));
        by_tools += usize::from(!expansion.problems.is_empty());
        by_checks += usize::from(!checks.is_empty());
        if expansion.problems.is_empty() && checks.is_empty() {
            missed.push(name);
        }
    }
    println!("{} faults: AWS's tools catch {by_tools}, our checks {by_checks}", FAULTS.len());
    assert!(missed.is_empty(), "nothing catches {missed:?}");
}
