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
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
