use abide_store::search::{Comparison, Direction, Field, Kind, Value};
use proptest::prelude::*;

use super::*;

fn custom() -> BTreeMap<String, i32> {
    let kinds =
        [("Kw", 2), ("Tx", 1), ("Num", 3), ("Db", 4), ("Bo", 5), ("Dt", 6), ("Kl", 7), ("In", 3), ("Broken", 99)];
    kinds.map(|(name, kind)| (name.to_owned(), kind)).into()
}

fn parse(text: &str) -> Result<Query, String> {
    Query::parse(text, &custom()).map_err(|error| error.to_string())
}

#[test]
fn a_query_becomes_a_tree() {
    let query = parse("Kw = 'a' AND NOT (StartTime < 5 OR `In` IN (1, 2)) ORDER BY Kw, StartTime DESC").unwrap();
    let keyword = Column::Attribute { name: "Kw".into(), kind: Kind::Keyword };
    let int = Column::Attribute { name: "In".into(), kind: Kind::Int };
    let started = Filter::Compare(Field::StartTime.into(), Comparison::Less, Value::Number(5));
    let one_of = Filter::In(int, vec![Value::Number(1), Value::Number(2)]);
    let filter = Filter::And(vec![
        Filter::Compare(keyword.clone(), Comparison::Equal, Value::Text("a".into())),
        Filter::Not(Box::new(Filter::Or(vec![started, one_of]))),
        Filter::is_workflow(),
    ]);
    let orders = vec![
        Order { column: keyword, direction: Direction::Ascending },
        Order { column: Field::StartTime.into(), direction: Direction::Descending },
    ];
    assert_eq!(query, Query { filter, orders, groups: Vec::new() });
    assert_eq!(parse("  ").unwrap().filter, Filter::is_workflow());
    assert_eq!(parse("GROUP BY Bo").unwrap().groups.len(), 1);
}

/// Texts that are no queries, and why. Where the reference server has the same text, so has this.
const REFUSED: &[(&str, &str)] = &[
    ("WorkflowType", "invalid expression: incomplete expression"),
    ("WorkflowType = ", "malformed SQL query: syntax error at position 16"),
    ("= 'x'", "malformed SQL query: syntax error at position 1 near '='"),
    ("AND", "malformed SQL query: syntax error at position 1 near 'AND'"),
    ("(", "malformed SQL query: syntax error at position 2"),
    ("()", "malformed SQL query: syntax error at position 2 near ')'"),
    ("Kw = 'a')", "malformed SQL query: syntax error at position 9 near ')'"),
    ("(Kw = 'a'", "malformed SQL query: syntax error at position 10"),
    ("Kw = 'a' AND", "malformed SQL query: syntax error at position 13"),
    ("Kw = 'a' Kw = 'x'", "malformed SQL query: syntax error at position 10 near 'Kw'"),
    ("Kw = 'a'; DROP TABLE x", "malformed SQL query: syntax error at position 9 near ';'"),
    ("Kw = 'unterminated", "malformed SQL query: syntax error at position 6 near 'unterminated'"),
    ("Kw == 'a'", "malformed SQL query: syntax error at position 5 near '='"),
    ("Kw IN ()", "malformed SQL query: syntax error at position 8 near ')'"),
    ("Kw IN 'a'", "malformed SQL query: syntax error at position 7 near 'a'"),
    ("Kw BETWEEN 'a'", "malformed SQL query: syntax error at position 15"),
    ("Kw BETWEEN 'a' OR 'b'", "malformed SQL query: syntax error at position 16 near 'OR'"),
    ("Kw NOT 'a'", "malformed SQL query: syntax error at position 8 near 'a'"),
    ("Kw NOT = 'a'", "malformed SQL query: syntax error at position 8 near '='"),
    ("Kw IS", "malformed SQL query: syntax error at position 6"),
    ("Kw IS 'a'", "malformed SQL query: syntax error at position 7 near 'a'"),
    ("Num = --3", "malformed SQL query: syntax error at position 10"),
    ("In = 5", "malformed SQL query: syntax error at position 1 near 'In'"),
    ("Kw = 'ü' ~", "malformed SQL query: syntax error at position 10 near '~'"),
    ("Kw XOR 'a'", "malformed SQL query: syntax error at position 4 near 'XOR'"),
    ("Select = 'x'", "malformed SQL query: syntax error at position 1 near 'Select'"),
    ("ORDER BY", "malformed SQL query: syntax error at position 9"),
    ("GROUP BY ExecutionStatus HAVING 1", "operation is not supported: 'HAVING' clause"),
    ("Kw = 'a' LIMIT 5", "operation is not supported: 'LIMIT' clause"),
    ("Dt > now()", "operation is not supported: function expression"),
    ("ABS(Num) = 5", "invalid expression: must be a column name but was the function ABS"),
    ("Kw = (SELECT 1)", "operation is not supported: subquery"),
    ("EXISTS (SELECT 1)", "operation is not supported: 'EXISTS' expression"),
    ("'a' = Kw", "invalid expression: must be a column name but was 'a'"),
    ("1 = 1", "invalid expression: must be a column name but was 1"),
    ("true", "invalid expression: must be a column name but was true"),
    (
        "WorkflowType = TypeA",
        "operation is not supported: column name on the right side of comparison expression (did you forget to quote \
         'TypeA'?)",
    ),
    ("Kw = NULL", "invalid expression: nothing compares with NULL, write IS NULL or IS NOT NULL"),
    ("Bo IS TRUE", "invalid expression: 'IS' operator can only be used with 'NULL' or 'NOT NULL'"),
    ("Nope = 'x'", "invalid expression: column name 'Nope' is not a valid search attribute"),
    ("workflowid = 'x'", "invalid expression: column name 'workflowid' is not a valid search attribute"),
    ("x.WorkflowType = 'x'", "invalid expression: column name 'x.WorkflowType' is not a valid search attribute"),
    ("NamespaceId = 'x'", "invalid expression: column name 'NamespaceId' is not a valid search attribute"),
    ("Broken = 'x'", "invalid expression: column name 'Broken' is not a valid search attribute"),
    ("`Work``flow` = 'x'", "invalid expression: column name 'Work`flow' is not a valid search attribute"),
    ("ORDER BY Nope", "invalid expression: column name 'Nope' is not a valid search attribute"),
    ("GROUP BY Nope", "invalid expression: column name 'Nope' is not a valid search attribute"),
    ("Kw LIKE 'a%'", "invalid expression: invalid operator 'like' in `Kw LIKE 'a%'`"),
    ("Kw <=> 'a'", "invalid expression: invalid operator '<=>' in `Kw <=> 'a'`"),
    ("Kw = 5", "invalid expression: unexpected value type (expected string, got 5)"),
    ("Kw = true", "invalid expression: unexpected value type (expected string, got true)"),
    ("Kw STARTS_WITH 5", "invalid expression: right-hand side of 'starts_with' must be a literal string (got: 5)"),
    ("Tx > 'a'", "invalid expression: operator '>' not supported for Text type search attribute in `Tx > 'a'`"),
    (
        "Tx IN ('a') OR Kw = 'b'",
        "invalid expression: operator 'in' not supported for Text type search attribute in `Tx IN ('a')`",
    ),
    ("Tx BETWEEN 'a' AND 'b'", "invalid expression: cannot do range condition on search attribute 'Tx' of type Text"),
    (
        "Tx STARTS_WITH 'a'",
        "invalid expression: operator 'starts_with' not supported for Text type search attribute in `Tx STARTS_WITH 'a'`",
    ),
    ("Tx = 5", "invalid expression: unexpected value type (expected string, got 5)"),
    ("Tx = ''", "invalid expression: unexpected value for Text type search attribute (no tokens found in '')"),
    ("Kl > 'a'", "invalid expression: operator '>' not supported for KeywordList type search attribute in `Kl > 'a'`"),
    (
        "Kl BETWEEN 'a' AND 'b'",
        "invalid expression: cannot do range condition on search attribute 'Kl' of type KeywordList",
    ),
    ("Kl = 5", "invalid expression: unexpected value type (expected string, got 5)"),
    ("Num = 'abc'", "invalid expression: invalid value type for search attribute Num of type Int: 'abc'"),
    ("Num = true", "invalid expression: invalid value type for search attribute Num of type Int: true"),
    ("Num > 0x1", "invalid expression: invalid value type for search attribute Num of type Int: 0x1"),
    ("Db = 1e400", "invalid expression: invalid value type for search attribute Db of type Double: 1e400"),
    ("Db = 'nan'", "invalid expression: invalid value type for search attribute Db of type Double: 'nan'"),
    (
        "Num CONTAINS '5'",
        "invalid expression: operator 'contains' not supported for Int type search attribute in `Num CONTAINS '5'`",
    ),
    ("Bo = 'x'", "invalid expression: invalid value type for search attribute Bo of type Bool: 'x'"),
    ("Bo > true", "invalid expression: operator '>' not supported for Bool type search attribute in `Bo > true`"),
    ("Dt > '2024-01-02'", "invalid expression: unable to parse datetime '2024-01-02'"),
    ("Dt > '2024-01-02T03:04:05'", "invalid expression: unable to parse datetime '2024-01-02T03:04:05'"),
    ("Dt > '-1h'", "invalid expression: unable to parse datetime '-1h'"),
    ("Dt > 1.5", "invalid expression: unexpected value type float64 for search attribute Dt"),
    ("ExecutionStatus = 'running'", "invalid expression: invalid ExecutionStatus value 'running'"),
    ("ExecutionStatus = '1'", "invalid expression: invalid ExecutionStatus value '1'"),
    ("ExecutionDuration < 'x'", "invalid value for search attribute ExecutionDuration: x (invalid duration)"),
    ("ExecutionDuration < '1:2'", "invalid value for search attribute ExecutionDuration: 1:2 (invalid duration)"),
    (
        "GROUP BY ExecutionStatus, WorkflowType",
        "operation is not supported: 'GROUP BY' clause supports only a single field",
    ),
    (
        "GROUP BY Num",
        "operation is not supported: 'GROUP BY' clause is only supported for search attributes of type Keyword and \
         Bool, and 'Num' is of type Int",
    ),
];

#[test]
fn what_is_no_query_is_refused_with_the_reason_and_the_place() {
    for (text, expected) in REFUSED {
        assert_eq!(parse(text), Err(format!("invalid query: {expected}")), "{text}");
    }
    let list = Query::list("GROUP BY ExecutionStatus", &custom()).unwrap_err();
    assert_eq!(list.to_string(), "invalid query: operation is not supported: 'GROUP BY' clause");
    let count = Query::count("ORDER BY StartTime", &custom()).unwrap_err();
    assert_eq!(count.to_string(), "invalid query: operation is not supported: 'ORDER BY' clause");
}

#[test]
fn neither_length_nor_depth_exhausts_the_server() {
    let nested = format!("{}Kw = 'a'{}", "(".repeat(100), ")".repeat(100));
    assert!(parse(&nested).is_ok());
    let deeper = format!("{}Kw = 'a'{}", "(".repeat(10_000), ")".repeat(10_000));
    let text = "invalid query: malformed SQL query: syntax error at position 101 near '(': parentheses are nested \
                deeper than 100";
    assert_eq!(parse(&deeper), Err(text.into()));
    let nots = format!("{}Kw = 'a'", "NOT ".repeat(50_000));
    assert!(parse(&nots).is_ok());
    let long = vec!["Kw = 'a'"; 10_000].join(" OR ");
    assert!(parse(&long).is_ok());
    let longer = "x".repeat(300_000);
    assert_eq!(parse(&longer), Err("invalid query: query length 300000 exceeds limit 262144".into()));
}

#[test]
fn durations_are_read_in_all_forms() {
    for (text, nanos) in [
        ("5", 5),
        ("'5'", 5),
        ("'1h30m'", 5_400_000_000_000),
        ("'1.5h'", 5_400_000_000_000),
        ("'01:30:00'", 5_400_000_000_000),
        ("'1d2ms'", 86_400_002_000_000),
        ("'-3µs'", -3000),
    ] {
        let query = parse(&format!("ExecutionDuration = {text}")).unwrap();
        let expected = Filter::Compare(Field::ExecutionDuration.into(), Comparison::Equal, Value::Number(nanos));
        assert_eq!(query.filter, expected.and(Filter::is_workflow()), "{text}");
    }
}

fn pieces() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "Kw",
        "Tx",
        "Num",
        "Db",
        "Bo",
        "Dt",
        "Kl",
        "`In`",
        "WorkflowType",
        "ExecutionStatus",
        "ExecutionDuration",
        "CloseTime",
        "ScheduleId",
        "=",
        "!=",
        "<",
        ">=",
        "AND",
        "OR",
        "NOT",
        "(",
        ")",
        ",",
        "IN",
        "BETWEEN",
        "IS",
        "NULL",
        "STARTS_WITH",
        "CONTAINS",
        "ORDER",
        "GROUP",
        "BY",
        "DESC",
        "'a'",
        "\"b\"",
        "'1h'",
        "5",
        "-",
        "1.5",
        "true",
        "'2024-01-02T03:04:05Z'",
        "'Running'",
        "LIMIT",
        "/*",
        "*/",
        "--",
        "\\",
        "'",
        "`",
        "\u{0}",
    ];
    prop_oneof![9 => proptest::sample::select(KNOWN).prop_map(str::to_owned), 1 => ".{0,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(pieces in proptest::collection::vec(pieces(), 0..30), blank in "[ \n]?") {
        if let Err(text) = parse(&pieces.join(&blank)) {
            prop_assert!(text.starts_with("invalid query: "), "{}", text);
        }
    }
}
