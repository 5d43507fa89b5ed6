//! What a namespace takes and refuses.

use super::*;

fn register(name: &str) -> Command {
    Command::Register(Register { name: name.into(), retention: limits::RETENTION_MIN, ..Register::default() })
}

fn registered() -> Namespace {
    let mut namespace = Namespace::default();
    ask(&mut namespace, register("a")).expect("valid");
    namespace
}

/// Asks; gives back how many changes there were.
fn ask(namespace: &mut Namespace, command: Command) -> Result<usize, Rejection> {
    let mut out = Emit::default();
    namespace.handle(command, Timestamp::EPOCH, &mut out).map(|()| out.changes.len())
}

fn update(namespace: &mut Namespace, change: impl FnOnce(&mut Update)) -> Result<usize, Rejection> {
    let mut update = Update::default();
    change(&mut update);
    ask(namespace, Command::Update(update))
}

#[test]
fn a_namespace_without_retention_is_refused() {
    let mut namespace = Namespace::default();
    let refused = ask(&mut namespace, Command::Register(Register { name: "a".into(), ..Register::default() }));
    assert_eq!(refused, Err(Rejection::Invalid("A valid retention period is not set on request.".into())));
    assert_eq!(namespace, Namespace::default());
}

#[test]
fn a_retention_is_cut_at_a_hundred_years() {
    let mut namespace = registered();
    update(&mut namespace, |update| update.retention = Some(Duration::MAX)).expect("long enough");
    assert_eq!(namespace.retention(), limits::DURATION_MAX);
}

#[test]
fn an_update_that_changes_nothing_emits_nothing() {
    assert_eq!(update(&mut registered(), |_| {}), Ok(0));
}

#[test]
fn a_search_attribute_never_changes_its_type() {
    let mut namespace = registered();
    let mut add = |kind| update(&mut namespace, |update| update.search_attributes = [("Size".into(), kind)].into());
    assert_eq!(add(1), Ok(1));
    assert_eq!(add(1), Ok(0));
    assert!(add(2).is_err());
}

#[test]
fn a_search_attribute_that_was_removed_can_be_added_with_another_type() {
    let mut namespace = registered();
    update(&mut namespace, |update| update.search_attributes = [("Size".into(), 1)].into()).expect("new");
    let gone = |update: &mut Update| update.removed_search_attributes = ["Size".into(), "Other".into()].into();
    assert_eq!(update(&mut namespace, gone), Ok(1));
    assert_eq!(update(&mut namespace, gone), Ok(0), "what is not there cannot be removed");
    assert_eq!(update(&mut namespace, |update| update.search_attributes = [("Size".into(), 2)].into()), Ok(1));
}

#[test]
fn bad_binaries_are_merged_up_to_a_limit_and_pardoned_by_their_checksum() {
    let bad = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), ("r".into(), "o".into()))).collect();
    let mut namespace = registered();
    assert_eq!(update(&mut namespace, |update| update.bad_binaries = bad(&["a", "b"])), Ok(1));
    assert_eq!(update(&mut namespace, |update| update.bad_binaries = bad(&["c"])), Ok(1));
    let many = ["1", "2", "3", "4", "5", "6", "7", "8"];
    let refused = update(&mut namespace, |update| update.bad_binaries = bad(&many));
    assert_eq!(refused, Err(Rejection::Invalid("Total resetBinaries cannot exceed the max limit: 10".into())));
    let refused = update(&mut namespace, |update| update.pardoned_binary = Some("z".into()));
    assert_eq!(refused, Err(Rejection::Invalid("Bad binary checksum z doesn't exists.".into())));
    assert_eq!(update(&mut namespace, |update| update.pardoned_binary = Some("b".into())), Ok(1));
    assert_eq!(namespace.bad_binaries.keys().collect::<Vec<_>>(), ["a", "c"]);
}

#[test]
fn a_deleted_namespace_gives_up_its_name_once() {
    let mut namespace = registered();
    let name = namespace.deleted_name(DELETED_ID_LETTERS);
    assert_eq!(name, "a-deleted-00000");
    let delete = |delay| Command::Delete { name: name.clone(), delay: Duration::from_secs(delay) };
    assert_eq!(ask(&mut namespace, delete(0)), Ok(1));
    assert_eq!((namespace.name.as_str(), namespace.state()), ("a-deleted-00000", State::Deleted));
    let again = Command::Delete { name: "other".into(), delay: Duration::from_secs(5) };
    assert_eq!(ask(&mut namespace, again), Ok(1), "only the delay is new");
    assert_eq!(namespace.name, "a-deleted-00000");
    let deletion = namespace.deletion.clone().expect("deleted");
    assert_eq!((deletion.former_name.as_str(), deletion.gone_at()), ("a", None));
    assert_eq!(ask(&mut namespace, Command::Emptied), Ok(1));
    assert_eq!(ask(&mut namespace, Command::Emptied), Ok(0));
    let gone_at = namespace.deletion.and_then(|deletion| deletion.gone_at());
    assert_eq!(gone_at, Some(Timestamp::EPOCH.after(Duration::from_secs(5))));
}

#[test]
fn the_systems_namespace_cannot_be_deleted() {
    let mut namespace = Namespace { name: SYSTEM.into(), ..Namespace::default() };
    let refused = ask(&mut namespace, Command::Delete { name: "x".into(), delay: Duration::ZERO });
    assert_eq!(refused, Err(Rejection::Forbidden("unable to delete system namespace".into())));
}
