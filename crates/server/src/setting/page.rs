//! `docs/settings.md`, as the catalogue says it.

use super::SETTINGS;
use super::kind::Kind;

const INTRODUCTION: &str = "\
# Settings

*This page is made from the catalogue in `crates/server/src/setting.rs`;
`UPDATE_DOCS=1 cargo test -p abide-server settings_page` writes it anew.*

Settings have the keys of the reference server's dynamic configuration; case does not matter. They are given

- as flags: `--dynamic-config-value KEY=JSON` of `server start` and `server start-dev`, which may be repeated;
- in a file: `--dynamic-config-file FILE` of both. It is read again when it changes, while the server runs.

```yaml
limit.blobSize.error:
  - value: 4194304
frontend.namespaceRPS:
  - value: 1000
  - value: 100
    constraints:
      namespace: \"guests\"
matching.longPollExpirationInterval:
  - value: 30s
    constraints:
      taskQueueName: \"slow\"
```

A value with constraints counts where they hold: those of a `namespace` in that namespace, those of a `taskQueueName` for that
queue. The more constraints, the stronger. Every setting can differ between namespaces; between task queues only
`matching.longPollExpirationInterval`. Flags are stronger than values of the file without constraints. What cannot be
(an unknown key, a value of another kind, another constraint) is ignored, and the log says so.

Durations are a number of seconds, or a text such as `\"1h30m\"` or `\"200ms\"`.

| key | values | default | who changes it, and why |
|---|---|---|---|
";

const IGNORED: &str = "
## Without effect

SDKs, tests and other launchers pass these. They are accepted; nothing comes of them, and the log says so.

| key | why |
|---|---|
";

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let (ignored, known): (Vec<_>, Vec<_>) = SETTINGS.iter().partition(|setting| matches!(setting.kind, Kind::Ignored));
    for setting in known {
        let (kind, default) = (setting.kind.name(), setting.kind.default());
        page.push_str(&format!("| `{}` | {kind} | `{default}` | {} |\n", setting.key, setting.why));
    }
    page.push_str(IGNORED);
    for setting in ignored {
        page.push_str(&format!("| `{}` | {} |\n", setting.key, setting.why));
    }
    page
}

#[test]
fn the_settings_page_is_what_the_catalogue_says() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == page, "docs/settings.md is stale: UPDATE_DOCS=1 cargo test -p abide-server settings_page");
}
