//! `supplex check`: every problem at once, with its place.

use super::supplex;

#[test]
fn a_configuration_that_holds_is_one_line_on_standard_output() {
    for (file, name) in [("../../../../config.toml", "../../../../config.toml"), ("good.yaml", "good.yaml")] {
        let answer = supplex(&["check", "--config", file]);
        assert_eq!(answer.stdout, format!("{name}: OK (1 listener, 2 routes, 2 upstreams)\n"));
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    }
}

#[test]
fn every_problem_of_a_toml_file_is_shown_with_its_lines() {
    let answer = supplex(&["check", "--config", "bad.toml"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (78, ""));
    insta::assert_snapshot!(answer.stderr);
}

#[test]
fn every_problem_of_a_yaml_file_is_shown_with_its_lines() {
    let answer = supplex(&["check", "--config", "bad.yaml"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (78, ""));
    insta::assert_snapshot!(answer.stderr);
}

#[test]
fn problems_come_as_one_line_each_for_logs() {
    let answer = supplex(&["check", "--config", "bad.yaml", "--format", "lines"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (78, ""));
    insta::assert_snapshot!(answer.stderr);
}

#[test]
fn both_formats_find_the_same_problems() {
    let messages = |file: &str| {
        let answer = supplex(&["check", "--config", file]);
        let mut lines: Vec<String> =
            answer.stderr.lines().filter(|line| line.starts_with("error: ")).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let toml = messages("bad.toml");
    let yaml = messages("bad.yaml");
    assert!(toml.len() >= 40, "{}", toml.len());
    // A bare 5 is a number in YAML, while the TOML file has it in quotes.
    let only_yaml: Vec<_> = yaml.iter().filter(|line| !toml.contains(line)).collect();
    let only_toml: Vec<_> = toml.iter().filter(|line| !yaml.contains(line)).collect();
    assert_eq!(only_toml, [""; 0]);
    assert_eq!(only_yaml.len(), 1, "{only_yaml:?}");
}

#[test]
fn syntax_errors_are_shown_together() {
    for file in ["syntax.toml", "syntax.yaml"] {
        let answer = supplex(&["check", "--config", file]);
        assert_eq!((answer.code, answer.stdout.as_str()), (78, ""));
        insta::assert_snapshot!(file, answer.stderr);
    }
}

#[test]
fn warnings_are_shown_and_do_not_fail() {
    let answer = supplex(&["check", "--config", "odd.toml"]);
    assert_eq!(answer.code, 0);
    assert_eq!(answer.stdout, "odd.toml: OK (1 listener, 1 route, 2 upstreams, 3 warnings)\n");
    insta::assert_snapshot!(answer.stderr);
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    for (file, wanted) in [
        ("missing.toml", "missing.toml: error: cannot be read: No such file or directory"),
        ("main.rs", "main.rs: error: the format is not known (name the file `.toml`, `.yaml` or `.yml`)"),
    ] {
        let answer = supplex(&["check", "--config", file, "--format", "lines"]);
        assert_eq!((answer.code, answer.stdout.as_str()), (78, ""));
        assert!(answer.stderr.starts_with(wanted), "{}", answer.stderr);
    }
}

#[test]
fn run_refuses_what_check_refuses() {
    let run = supplex(&["run", "--config", "bad.toml"]);
    let check = supplex(&["check", "--config", "bad.toml"]);
    assert_eq!((run.code, run.stderr), (78, check.stderr));
}
