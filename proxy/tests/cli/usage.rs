//! Help, version and wrong usage.

use super::supplex;

#[test]
fn help_shows_examples() {
    for arguments in [
        &["--help"][..],
        &["run", "--help"],
        &["check", "--help"],
        &["routes", "--help"],
        &["schema", "--help"],
        &["healthcheck", "--help"],
        &["top", "--help"],
        &["explain", "--help"],
        &["diff", "--help"],
        &["hdr", "--help"],
    ] {
        let answer = supplex(arguments);
        assert_eq!(answer.code, 0, "{arguments:?}");
        assert!(answer.stdout.contains("\nExample"), "{arguments:?}: {}", answer.stdout);
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let answer = supplex(&["--version"]);
    assert_eq!((answer.code, answer.stdout), (0, format!("supplex {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    for arguments in
        [&[][..], &["fly"], &["check", "--colour"], &["healthcheck", "--admin", "nowhere"], &["top", "--interval", "1"]]
    {
        let answer = supplex(arguments);
        assert_eq!(answer.code, 2, "{arguments:?}");
        assert!(answer.stdout.is_empty(), "{arguments:?}");
        assert!(!answer.stderr.is_empty(), "{arguments:?}");
    }
}
