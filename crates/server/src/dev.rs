//! The development server: everything set up, short retention, in memory unless a file is named.

use std::time::Duration;

use crate::config::{Config, Data, Listen, NAMESPACE_DEFAULT, NamespaceSettings};

/// How long closed runs are kept in development.
const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// A server for development with these namespaces; `default` is always among them.
pub fn config(data: Data, listen: Listen, namespaces: &[String]) -> Config {
    let mut names = vec![NAMESPACE_DEFAULT.to_owned()];
    names.extend(namespaces.iter().filter(|name| *name != NAMESPACE_DEFAULT).cloned());
    let namespaces = names.into_iter().map(|name| NamespaceSettings { name, retention: RETENTION }).collect();
    Config::new(data, listen, namespaces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_namespace_is_there_once() {
        let listen = Listen { host: "localhost".into(), port: 0 };
        let config = config(Data::Memory, listen, &["a".into(), "default".into()]);
        let names: Vec<&str> = config.namespaces.iter().map(|namespace| namespace.name.as_str()).collect();
        assert_eq!(names, ["default", "a"]);
    }
}
