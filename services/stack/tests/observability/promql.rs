//! As much of PromQL as it takes to find the metrics in an expression, and to take comparisons out of it.

/// One piece of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A name: of a metric, a function, an aggregation or a keyword.
    Word(&'a str),
    /// Matchers of labels, with their braces.
    Matchers(&'a str),
    /// `==` and the like.
    Comparison(&'a str),
    /// Numbers, ranges, texts, signs.
    Other(&'a str),
}

/// Words that are neither metrics nor followed by a parenthesis at once.
const OPERATORS: [&str; 12] =
    ["sum", "min", "max", "avg", "count", "topk", "and", "or", "unless", "bool", "offset", "quantile"];
/// Words that are followed by a list of labels.
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// The metrics of an expression, each with its matchers.
pub(crate) fn selectors(expression: &str) -> Vec<String> {
    let tokens = tokens(expression);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let Token::Word(word) = token else { continue };
        if BEFORE_LABELS.contains(word) {
            let labels = tokens[at..].iter().position(|token| *token == Token::Other(")"));
            at += labels.unwrap_or_else(|| panic!("no labels behind {word}: {expression}")) + 1;
            continue;
        }
        match tokens.get(at) {
            Some(Token::Other("(")) => {}
            Some(Token::Matchers(matchers)) => found.push(format!("{word}{matchers}")),
            _ if OPERATORS.contains(word) => {}
            _ => found.push((*word).to_owned()),
        }
    }
    found
}

/// The name of the metric of a selector.
pub(crate) fn metric(selector: &str) -> &str {
    selector.split('{').next().unwrap_or(selector)
}

/// The expression without its comparisons with numbers: what is compared in them stays.
pub(crate) fn without_comparisons(expression: &str) -> String {
    let tokens = tokens(expression);
    let mut kept = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            Token::Comparison(_) => at += length_of_number(&tokens[at..], expression),
            Token::Word(text) | Token::Matchers(text) | Token::Other(text) => kept.push(*text),
        }
    }
    kept.join(" ")
}

/// How many tokens the number takes that follows a comparison: one, or what is in parentheses.
fn length_of_number(tokens: &[Token<'_>], expression: &str) -> usize {
    let is_number = |text: &str| text.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    match tokens {
        [Token::Other("("), rest @ ..] => {
            let end = rest.iter().position(|token| *token == Token::Other(")")).expect("parentheses end");
            let plain = |token: &Token<'_>| matches!(token, Token::Other(text) if is_number(text) || *text == "*");
            assert!(rest[..end].iter().all(plain), "something else than a number: {expression}");
            end + 2
        }
        [Token::Other(number), ..] if is_number(number) => 1,
        _ => panic!("a comparison with something else than a number: {expression}"),
    }
}

fn tokens(expression: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '{' => inside(rest, '}'),
            '[' => inside(rest, ']'),
            '"' => inside(rest, '"'),
            '=' | '!' | '<' | '>' => 1 + usize::from(rest[1..].starts_with('=')),
            'a'..='z' | 'A'..='Z' | '_' | ':' | '0'..='9' => {
                let ends = |letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':' | '.'));
                rest.find(ends).unwrap_or(rest.len())
            }
            _ => first.len_utf8(),
        };
        let (text, behind) = rest.split_at(length);
        tokens.push(match first {
            '{' => Token::Matchers(text),
            '=' | '!' | '<' | '>' => Token::Comparison(text),
            'a'..='z' | 'A'..='Z' | '_' | ':' => Token::Word(text),
            _ => Token::Other(text),
        });
        rest = behind.trim_start();
    }
    tokens
}

/// The length up to and with `end`, which does not count in a text.
fn inside(text: &str, end: char) -> usize {
    let mut in_text = false;
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == end && !in_text => return at + letter.len_utf8(),
            '"' => in_text = !in_text,
            _ => {}
        }
    }
    panic!("no {end} in {text}")
}

#[test]
fn metrics_are_found_and_nothing_else() {
    let of = |expression| selectors(expression);
    assert_eq!(of("sum by (job, le) (rate(a_total{x=~\"5..\",y!=\"}\"}[5m]))"), ["a_total{x=~\"5..\",y!=\"}\"}"]);
    assert_eq!(of("a:b / 0.001 and on (job) c > (14.4 * 0.001)"), ["a:b", "c"]);
    assert_eq!(of("(sum(rate(a[5m])) or vector(0)) / max(b) * time()"), ["a", "b"]);
    assert_eq!(metric("a_total{x=\"1\"}"), "a_total");
}

#[test]
fn what_is_compared_stays() {
    let of = |expression| without_comparisons(expression);
    assert_eq!(of("up{job=\"a\"} == 0"), "up {job=\"a\"}");
    assert_eq!(of("(a > (14.4 * 0.001) and b > 2) or c >= 3"), "( a and b ) or c");
}
