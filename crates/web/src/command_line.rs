//! The command that does what a form does, for whoever wants to put it into a script.

/// A command with its flags: `temporal workflow signal --workflow-id ...`. A value that is none is left out.
pub(crate) fn command(words: &str, flags: &[(&str, Option<&str>)]) -> String {
    let flags = flags.iter().filter_map(|(flag, value)| value.map(|value| format!(" --{flag} {}", quoted(value))));
    flags.fold(format!("abide {words}"), |command, flag| command + &flag)
}

/// As a POSIX shell reads it back.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@+".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", without_fields(&text.replace('\'', r"'\''")))
}

/// Within quotes. What looks like the name of a field is not one: no value is put there when the command is shown beside a form.
fn without_fields(quoted: &str) -> String {
    let parts = quoted.split_inclusive('{');
    let apart = |part: &str, next: Option<&str>| {
        let is_name =
            |next: &str| next.starts_with(|letter: char| letter.is_ascii_alphanumeric() || "_-?".contains(letter));
        if part.ends_with('{') && next.is_some_and(is_name) { format!("{part}''") } else { part.to_owned() }
    };
    parts.clone().zip(parts.skip(1).map(Some).chain([None])).map(|(part, next)| apart(part, next)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_field_within_a_value_is_not_filled_in() {
        assert_eq!(quoted("a --reason {reason} b"), "'a --reason {''reason} b'");
        assert_eq!(quoted("{\"a\": {}}"), "'{\"a\": {}}'");
    }

    #[test]
    fn a_shell_reads_every_value_as_it_was() {
        let flags =
            [("workflow-id", Some("it's $HOME")), ("run-id", None), ("name", Some("approve")), ("input", Some(""))];
        assert_eq!(
            command("workflow signal", &flags),
            r"abide workflow signal --workflow-id 'it'\''s $HOME' --name approve --input ''"
        );
    }
}
