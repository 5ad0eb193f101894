//! `supplex routes`: the table of routes.

use super::supplex;

#[test]
fn routes_stand_in_the_order_in_which_they_are_tried() {
    let answer = supplex(&["routes", "--config", "many.toml"]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(answer.stdout);
}

#[test]
fn a_configuration_that_does_not_hold_has_no_table() {
    let answer = supplex(&["routes", "--config", "bad.toml"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (78, ""));
    assert!(answer.stderr.contains("configuration refused: 44 errors"), "{}", answer.stderr);
}
