//! `supplex diff`: what it prints, and its exit codes.

use serde_json::Value;

use super::supplex;

#[test]
fn differences_are_told_with_their_places_in_both_files() {
    let answer = supplex(&["diff", "explain.toml", "explain-next.toml"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (1, ""));
    insta::assert_snapshot!(answer.stdout);
}

#[test]
fn recorded_requests_are_grouped_by_what_changes_for_them() {
    let answer = supplex(&["diff", "explain.toml", "explain-next.toml", "--replay", "access.jsonl"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (1, ""));
    let (_, replay) = answer.stdout.split_once("\n\n").expect("the replay follows the differences");
    insta::assert_snapshot!(replay);
}

#[test]
fn nothing_changes_between_equal_configurations_in_two_formats() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../config.toml");
    let answer = supplex(&["diff", root, "good.yaml", "--replay", "access.jsonl"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{}", answer.stdout);
    assert!(answer.stdout.starts_with("no difference\n\n6 requests replayed, 0 changed\n"), "{}", answer.stdout);
}

#[test]
fn the_document_has_every_difference() {
    let answer =
        supplex(&["diff", "explain.toml", "explain-next.toml", "--replay", "access.jsonl", "--format", "json"]);
    let found: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    let changes = found["changes"].as_array().expect("a list");
    let timeout = changes.iter().find(|change| change["key"] == "timeout").expect("the timeout");
    assert_eq!((&timeout["table"], &timeout["name"]), (&"route".into(), &"products".into()));
    assert_eq!((&timeout["old"], &timeout["new"]), (&"1500ms".into(), &"2s".into()));
    assert_eq!(timeout["old_at"], "explain.toml:29:1");
    let replay = &found["replay"];
    assert_eq!((&replay["requests"], &replay["bad_lines"], &replay["unparsed"]), (&6.into(), &2.into(), &1.into()));
    assert_eq!(replay["not_reproduced"], 1);
    assert_eq!(answer.code, 1);
}

#[test]
fn a_host_can_be_given_for_what_is_replayed() {
    let log = ["--replay", "access.jsonl", "--format", "json"];
    let with = supplex(&[&["diff", "many.toml", "many.toml", "--host", "shop.test"][..], &log].concat());
    let found: Value = serde_json::from_str(&with.stdout).expect("JSON");
    assert_eq!(found["replay"]["requests"], 6);
    assert_eq!(with.code, 0);
}

#[test]
fn a_configuration_that_does_not_hold_is_refused() {
    let answer = supplex(&["diff", "explain.toml", "bad.toml"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (78, ""));
    assert!(answer.stderr.contains("configuration refused"), "{}", answer.stderr);
    let answer = supplex(&["diff", "explain.toml", "explain-next.toml", "--replay", "nowhere.jsonl"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    assert_eq!(supplex(&["diff", "explain.toml"]).code, 2);
}
