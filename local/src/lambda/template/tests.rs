use super::*;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn parse(resources: &str) -> Result<Template, String> {
    let text = format!(
        "Parameters:\n  Origins: {{Type: String, Default: 'http://a.test,http://b.test'}}\nConditions:\n  Some: !Not [!Equals [!Ref Origins, '']]\nResources:\n{resources}"
    );
    Template::parse(&text, Path::new(ROOT), &BTreeMap::new()).map_err(|error| error.to_string())
}

fn with_route(timeout: u32, method: &str, path: &str) -> String {
    format!(
        "  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: hello
      Timeout: {timeout}
      Events:
        E: {{Type: HttpApi, Properties: {{ApiId: !Ref Api, Method: {method}, Path: '{path}'}}}}
"
    )
}

fn with_schedule(expression: &str) -> String {
    let event =
        format!("{{E: {{Type: ScheduleV2, Properties: {{ScheduleExpression: '{expression}', Input: '{{}}'}}}}}}");
    format!("  F:\n    Type: AWS::Serverless::Function\n    Properties: {{CodeUri: hello, Events: {event}}}")
}

#[test]
fn the_project_s_own_template_is_understood() {
    let path = Path::new(ROOT).join("../template.yaml");
    let origins = BTreeMap::from([("FrontEndOrigins".to_owned(), "http://x.test, http://y.test".to_owned())]);
    let template = Template::read(&path, &origins).expect("the template is sound");
    let auth = template.functions.iter().find(|function| function.name == "auth").expect("auth");
    assert_eq!(auth.logical_id, "AuthFunction");
    assert!(auth.routes.contains(&Route { method: "ANY".into(), path: "/api/auth/{proxy+}".into() }));
    assert!(auth.environment.contains("ENVIRONMENT"), "from Globals");
    assert!(auth.environment.contains("AUTH_SECRET"), "its own");
    let with_direct_url = template.functions.iter().filter(|function| function.environment.contains("DIRECT_URL"));
    assert_eq!(with_direct_url.map(|function| function.name.as_str()).collect::<Vec<_>>(), ["migrate", "backup"]);
    let cors = template.cors.expect("CORS");
    assert_eq!(cors.origins, ["http://x.test", "http://y.test"]);
    assert!(cors.credentials);
    assert_eq!(template.throttling, Throttling { burst: 1000, requests_per_second: 2000 });
}

#[test]
fn without_origins_there_is_no_cors() {
    let path = Path::new(ROOT).join("../template.yaml");
    let origins = BTreeMap::from([("FrontEndOrigins".to_owned(), String::new())]);
    assert_eq!(Template::read(&path, &origins).expect("the template is sound").cors, None);
}

#[test]
fn cloudformation_functions_are_evaluated() {
    let template = parse(
        "  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration:
        Fn::If:
          - Some
          - {AllowOrigins: !Split [',', !Join [',', [!Ref Origins, !Sub '${Origins}.${Api}']]], MaxAge: !Select [1, [5, 6]]}
          - !Ref AWS::NoValue",
    );
    let cors = template.expect("sound").cors.expect("CORS");
    assert_eq!(cors.origins, ["http://a.test", "http://b.test", "http://a.test", "http://b.test.${Api}"]);
    assert_eq!(cors.max_age_seconds, Some(6));
}

#[test]
fn routes_are_checked() {
    let error = |method, path| parse(&with_route(5, method, path)).expect_err("a faulty route");
    assert!(error("FETCH", "/a").starts_with("Resources.F.Properties.Events.E.Properties.Method is FETCH"));
    assert!(error("GET", "a").contains("starts with /"));
    assert!(error("GET", "/{rest+}/a").contains("only the last one"));
    assert!(error("GET", "/a{b}").contains("whole segment"));
    assert!(parse(&with_route(29, "any", "/a/{b}/{c+}")).is_ok());
}

#[test]
fn a_routed_function_must_answer_before_the_gateway_gives_up() {
    let error = parse(&with_route(30, "GET", "/a")).expect_err("too long");
    assert!(error.contains("Resources.F.Properties.Timeout is 30 s"), "{error}");
}

#[test]
fn the_same_route_twice_is_refused() {
    let first = with_route(5, "GET", "/a/{one}");
    let second = with_route(5, "GET", "/a/{two}").replace("  F:", "  G:").replace("CodeUri: hello", "CodeUri: .");
    let error = parse(&(first + &second)).expect_err("a route twice");
    assert_eq!(error, "Resources.F and Resources.G both have the route GET /a/{two}");
}

#[test]
fn faults_name_their_place() {
    let missing = parse(&with_route(5, "GET", "/a").replace("hello", "nowhere")).expect_err("no folder");
    assert!(missing.starts_with("Resources.F.Properties.CodeUri names"), "{missing}");
    let text = parse(&with_route(5, "GET", "/a").replace("Timeout: 5", "Timeout: soon")).expect_err("no number");
    assert_eq!(text, "Resources.F.Properties.Timeout should be a whole number, but is `soon`");
    let stray = parse(&with_route(5, "GET", "/a").replace("ApiId: !Ref Api, ", "")).expect_err("no API");
    assert!(stray.contains("has no ApiId"), "{stray}");
}

#[test]
fn schedules_are_checked() {
    for sound in ["rate(1 minute)", "rate(5 minutes)", "cron(0 3 * * ? *)", "cron(0/15 8-17 ? * MON-FRI *)"] {
        assert!(parse(&with_schedule(sound)).is_ok(), "{sound}");
    }
    for faulty in ["rate(5 minute)", "rate(0 minutes)", "cron(0 3 * * *)", "cron(0 3 * * * *)", "every day", "rate(5"] {
        let error = parse(&with_schedule(faulty)).expect_err(faulty);
        assert!(error.contains("which is no schedule"), "{error}");
    }
}

#[test]
fn a_schedule_says_what_is_to_be_done() {
    let sound = with_schedule("rate(1 minute)");
    let input = |text: &str| parse(&sound.replace("'{}'", text));
    let template = input("'{\"job\": \"a\"}'").expect("sound");
    assert_eq!(template.functions[0].schedules[0].input, serde_json::json!({ "job": "a" }));
    assert!(input("'{'").expect_err("no JSON").contains("Input is no JSON"));
    assert!(parse(&sound.replace(", Input: '{}'", "")).expect_err("nothing").contains("has no Input"));
}
