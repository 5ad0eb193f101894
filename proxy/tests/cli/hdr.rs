//! `supplex hdr`: percentiles of logs that other programs wrote.

use super::supplex;

#[test]
fn a_log_is_a_line_of_percentiles_for_each_series() {
    let answer = supplex(&["hdr", "good.hlog"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(answer.stdout);
}

#[test]
fn a_series_is_shown_as_a_whole() {
    let answer = supplex(&["hdr", "good.hlog", "--tag", "route=a", "--distribution"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(answer.stdout);
}

#[test]
fn two_logs_stand_side_by_side() {
    let answer = supplex(&["hdr", "good.hlog", "later.hlog"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(answer.stdout);
}

#[test]
fn what_cannot_be_shown_is_said() {
    let answer = supplex(&["hdr", "good.hlog", "--tag", "route=c"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    assert_eq!(
        answer.stderr,
        "supplex: no series has the tag route=c; there are:\n  (no tag)\n  route=a;phase=total\n  route=b;phase=total\n"
    );
    let answer = supplex(&["hdr", "good.yaml"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    assert!(answer.stderr.starts_with("supplex: good.yaml:"), "{}", answer.stderr);
    let answer = supplex(&["hdr", "nothing.hlog"]);
    assert!(answer.code == 1 && answer.stderr.contains("cannot be read"), "{}", answer.stderr);
}
