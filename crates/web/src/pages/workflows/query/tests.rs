use super::*;

fn apart(text: &str) -> Vec<String> {
    let query = Query::parse(text).unwrap_or_else(|| panic!("{text} is refused"));
    query.conditions.into_iter().map(|condition| condition.text).collect()
}

#[test]
fn a_query_is_its_conditions_and_its_order() {
    assert_eq!(apart(""), [""; 0]);
    assert_eq!(apart("A = 'x AND y' and B > 3"), ["A = 'x AND y'", "B > 3"]);
    assert_eq!(apart("T BETWEEN 1 AND 2 AND B > 3"), ["T BETWEEN 1 AND 2", "B > 3"]);
    assert_eq!(apart("(A = 1 OR B = 2) AND NOT C IN ('a', 'b')"), ["(A = 1 OR B = 2)", "NOT C IN ('a', 'b')"]);
    assert_eq!(apart("A = 1 AND B = 2 OR C = 3"), ["A = 1 AND B = 2 OR C = 3"]);
    let query = Query::parse("A = 1 ORDER BY `In` DESC, StartTime").expect("plain");
    assert_eq!(query.filter(), "A = 1");
    let orders: Vec<_> = query.orders.iter().map(|order| (order.name.as_str(), order.direction)).collect();
    assert_eq!(orders, [("In", Direction::Descending), ("StartTime", Direction::Ascending)]);
}

#[test]
fn what_is_not_understood_is_refused() {
    for text in [
        "'",
        "A = 'x",
        "A = \"x'",
        "`A",
        "A = 'x\\",
        "(A = 1",
        "A = 1)",
        "A = 1 AND",
        "AND A = 1",
        "A = 1 AND AND B = 2",
        "A",
        "A = 1 -- it",
        "A = 1 /* it */",
        "A = 1 # it",
        "A = 1; B",
        "A = 1 GROUP BY B",
        "A = 1 LIMIT 3",
        "A = 1 HAVING B",
        "A = 1 ORDER B",
        "ORDER BY",
        "ORDER BY A,",
        "ORDER BY A UP",
        "ORDER BY A GROUP BY B",
        "ORDER BY 'A'",
        "A = ?",
    ] {
        assert_eq!(Query::parse(text), None, "{text}");
    }
}

/// A number that the seed leads to, and the seed that follows.
fn next(seed: &mut u64, below: usize) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize % below
}

fn one_of<'a>(seed: &mut u64, of: &[&'a str]) -> &'a str {
    of[next(seed, of.len())]
}

#[test]
fn taken_apart_and_put_together_a_query_is_the_same_or_was_refused() {
    const PIECES: [&str; 28] = [
        "A",
        "`a ``b`",
        "'x'",
        "'it''s'",
        "\"a \\\" b\"",
        "''",
        "5",
        "-3.5",
        "=",
        "!=",
        "<",
        "AND",
        "OR",
        "NOT",
        "BETWEEN",
        "IN",
        "(",
        ")",
        ",",
        "IS",
        "NULL",
        "ORDER",
        "BY",
        "DESC",
        "'AND'",
        "STARTS_WITH",
        "'",
        "é",
    ];
    let mut understood = 0;
    for case in 0..40_000_u64 {
        let mut seed = case;
        let count = next(&mut seed, 12);
        let text: Vec<_> = (0..count).map(|_| one_of(&mut seed, &PIECES)).collect();
        let text = text.join(" ");
        let Some(query) = Query::parse(&text) else { continue };
        understood += usize::from(query.conditions.len() > 1);
        let again = query.to_string();
        let pieces = |text: &str| -> Vec<String> {
            tokens(text).expect("pieces").iter().map(|token| token.text.to_owned()).collect()
        };
        assert_eq!(pieces(&again), pieces(&text), "case {case}");
        assert_eq!(Query::parse(&again).as_ref(), Some(&query), "case {case}");
    }
    assert!(understood > 100, "{understood}");
}

#[test]
fn well_formed_queries_are_the_same_in_other_words() {
    const CONDITIONS: [&str; 8] = [
        "WorkflowType = 'it''s <b>'",
        "StartTime BETWEEN '2026-01-01T00:00:00Z' AND 5",
        "A IN ('a', \"b\")",
        "NOT (A = 1)",
        "(A = 1 OR (B = 2 AND C = 3))",
        "`In` IS NOT NULL",
        "A NOT STARTS_WITH 'x\\'y'",
        "CONTAINED = 1",
    ];
    for case in 0..2_000_u64 {
        let mut seed = case;
        let count = next(&mut seed, 5);
        let conditions: Vec<_> = (0..count).map(|_| one_of(&mut seed, &CONDITIONS)).collect();
        let order = one_of(&mut seed, &["", "ORDER BY `In` DESC", "ORDER BY StartTime, A DESC"]);
        let canonical: Vec<_> =
            [conditions.join(" AND "), order.to_owned()].into_iter().filter(|part| !part.is_empty()).collect();
        let canonical = canonical.join(" ");
        let and = one_of(&mut seed, &["  and ", "\nAnd\t", " && "]);
        let written = format!(" {} {} ", conditions.join(and), order.replace(" DESC", "  desc"));
        let query = Query::parse(&written).unwrap_or_else(|| panic!("{written} is refused"));
        assert_eq!(query.conditions.len(), count);
        assert_eq!(query.to_string(), canonical);
    }
}

#[test]
fn alternatives_stand_in_parentheses_beside_others() {
    let query = Query::parse("A = 1 OR B = 2").expect("one condition");
    let both = query.and("C = 3").expect("two conditions");
    assert_eq!(both.to_string(), "(A = 1 OR B = 2) AND C = 3");
    assert_eq!(both.without(0).to_string(), "C = 3");
    assert_eq!(query.and("C = 3 ORDER BY C"), None);
    assert_eq!(query.and("C = '"), None);
    assert_eq!(query.sorted("In", Direction::Descending).to_string(), "A = 1 OR B = 2 ORDER BY `In` DESC");
}

#[test]
fn what_an_attribute_equals_can_be_left_out() {
    let query =
        Query::parse(r#"ExecutionStatus = 'Running' AND A = 1 AND `ExecutionStatus` = "Fa\"iled""#).expect("plain");
    let (rest, said) = query.without_equal("ExecutionStatus");
    assert_eq!((rest.to_string().as_str(), said), ("A = 1", vec!["Running".to_owned(), "Fa\"iled".to_owned()]));
}

#[test]
fn names_and_texts_are_written_so_that_they_are_read_back() {
    for name in ["A", "order", "a`b", "é", "1a", "", "starts_with"] {
        let query = Query::parse(&format!("ORDER BY {}", named(name))).unwrap_or_else(|| panic!("{name} is refused"));
        assert_eq!(query.orders[0].name, name);
    }
    for text in ["", "it's", r"a\", r"\'", "\"", "x AND y"] {
        let query = Query::parse(&format!("A = {}", quoted(text))).expect("one condition");
        assert_eq!(query.without_equal("A").1, [text]);
    }
}
