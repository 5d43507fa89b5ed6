//! JSON text as a tree that knows where everything stands, so that whoever reads it can say what is wrong where, and can keep
//! a part of it as it was written. Says of a text that is no JSON what the reference server says of it.

use std::borrow::Cow;

use crate::read::ReadError;

/// How deeply values may be nested.
const DEPTH_MAX: usize = 500;

/// A value, and where it stands: bytes from the beginning.
pub(crate) struct Node<'a> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) value: Kind<'a>,
}

/// What a value is.
pub(crate) enum Kind<'a> {
    Null,
    Bool(bool),
    /// As it is written.
    Number(&'a str),
    String(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Vec<Member<'a>>),
}

/// A name and its value.
pub(crate) struct Member<'a> {
    /// Where the name stands.
    pub(crate) start: usize,
    pub(crate) name: Cow<'a, str>,
    pub(crate) value: Node<'a>,
}

/// The first value of a text; what stands behind it is not looked at. None if there is nothing.
pub(crate) fn parse(text: &str) -> Result<Option<Node<'_>>, ReadError> {
    let mut parser = Parser { text, at: 0 };
    parser.skip_space();
    if parser.at == text.len() { Ok(None) } else { parser.value(DEPTH_MAX).map(Some) }
}

/// The same value without space between its parts.
pub(crate) fn compact(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |letter: &char| {
        let kept = inside || !matches!(letter, ' ' | '\t' | '\n' | '\r');
        match letter {
            '"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = inside && *letter == '\\' && !escaped;
        kept
    };
    text.chars().filter(keep).collect()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, ReadError> {
        self.skip_space();
        let start = self.at;
        if depth == 0 {
            return Err(ReadError::new("exceeded max depth"));
        }
        let value = match self.next()? {
            '{' => Kind::Object(self.members(depth)?),
            '[' => Kind::Array(self.elements(depth)?),
            '"' => Kind::String(self.string()?),
            't' => self.literal("true", Kind::Bool(true))?,
            'f' => self.literal("false", Kind::Bool(false))?,
            'n' => self.literal("null", Kind::Null)?,
            '-' | '0'..='9' => Kind::Number(self.number()?),
            _ => return Err(self.wrong("looking for beginning of value")),
        };
        Ok(Node { start, end: self.at, value })
    }

    fn members(&mut self, depth: usize) -> Result<Vec<Member<'a>>, ReadError> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_space();
        if self.next()? == '}' {
            self.at += 1;
            return Ok(members);
        }
        loop {
            self.skip_space();
            let start = self.at;
            if self.next()? != '"' {
                return Err(self.wrong("looking for beginning of object key string"));
            }
            let name = self.string()?;
            self.skip_space();
            if self.next()? != ':' {
                return Err(self.wrong("after object key"));
            }
            self.at += 1;
            members.push(Member { start, name, value: self.value(depth - 1)? });
            if self.ends('}', "after object key:value pair")? {
                return Ok(members);
            }
        }
    }

    fn elements(&mut self, depth: usize) -> Result<Vec<Node<'a>>, ReadError> {
        self.at += 1;
        let mut elements = Vec::new();
        self.skip_space();
        if self.next()? == ']' {
            self.at += 1;
            return Ok(elements);
        }
        loop {
            elements.push(self.value(depth - 1)?);
            if self.ends(']', "after array element")? {
                return Ok(elements);
            }
        }
    }

    /// Behind a comma it goes on.
    fn ends(&mut self, end: char, place: &str) -> Result<bool, ReadError> {
        self.skip_space();
        let next = self.next()?;
        if next != ',' && next != end {
            return Err(self.wrong(place));
        }
        self.at += 1;
        Ok(next == end)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, ReadError> {
        self.at += 1;
        let start = self.at;
        let mut text: Option<String> = None;
        loop {
            match self.next()? {
                '"' => {
                    let plain = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(text.map_or(Cow::Borrowed(plain), Cow::Owned));
                }
                '\\' => {
                    let mut so_far = text.take().unwrap_or_else(|| self.text[start..self.at].to_owned());
                    so_far.push(self.escape()?);
                    text = Some(so_far);
                }
                letter if letter < ' ' => return Err(self.wrong("in string literal")),
                letter => {
                    self.at += letter.len_utf8();
                    if let Some(text) = &mut text {
                        text.push(letter);
                    }
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, ReadError> {
        let start = self.at;
        self.at += 1;
        let letter = match self.next()? {
            letter @ ('"' | '\\' | '/') => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(start),
            _ => return Err(self.wrong("in string escape code")),
        };
        self.at += 1;
        Ok(letter)
    }

    /// Behind `\u`; a letter beyond the first 65,536 is written as two halves.
    fn unicode(&mut self, start: usize) -> Result<char, ReadError> {
        let first = self.hexadecimal()?;
        if let Some(letter) = char::from_u32(first) {
            return Ok(letter);
        }
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            self.at += 1;
            let second = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&second) {
                let letter = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
                return Ok(letter.expect("two halves are a letter"));
            }
        }
        let code = &self.text[start..start + 6];
        Err(ReadError::syntax(self.text, start, &format!("invalid escape code {code:?} in string")))
    }

    fn hexadecimal(&mut self) -> Result<u32, ReadError> {
        self.at += 1;
        let mut number = 0;
        for _ in 0..4 {
            let digit = self.next()?.to_digit(16);
            number = number * 16 + digit.ok_or_else(|| self.wrong("in \\u hexadecimal character escape"))?;
            self.at += 1;
        }
        Ok(number)
    }

    fn literal(&mut self, word: &str, value: Kind<'a>) -> Result<Kind<'a>, ReadError> {
        for expected in word.chars() {
            if self.next()? != expected {
                return Err(self.wrong(&format!("in literal {word} (expecting '{expected}')")));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<&'a str, ReadError> {
        let start = self.at;
        if self.next()? == '-' {
            self.at += 1;
        }
        if self.next()? == '0' {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some('.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(&self.text[start..self.at])
    }

    /// At least one.
    fn digits(&mut self, place: &str) -> Result<(), ReadError> {
        if !self.next()?.is_ascii_digit() {
            return Err(self.wrong(place));
        }
        while self.peek().is_some_and(|letter| letter.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&self) -> Result<char, ReadError> {
        self.peek().ok_or_else(|| ReadError::new("unexpected EOF"))
    }

    fn wrong(&self, place: &str) -> ReadError {
        let letter = match self.peek() {
            Some('\'') => "\\'".to_owned(),
            Some('"') => "\"".to_owned(),
            Some(letter) => letter.escape_debug().to_string(),
            None => String::new(),
        };
        ReadError::new(format!("invalid character '{letter}' {place}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_told_in_the_words_of_the_reference() {
        let cases = [
            ("{", "unexpected EOF"),
            (r#"{"a" 1}"#, "invalid character '1' after object key"),
            (r#"{"a":1 "b"}"#, "invalid character '\"' after object key:value pair"),
            ("{1:2}", "invalid character '1' looking for beginning of object key string"),
            ("{'a':2}", "invalid character '\\'' looking for beginning of object key string"),
            (r#"["a",}"#, "invalid character '}' looking for beginning of value"),
            (r#"["a" "b"]"#, "invalid character '\"' after array element"),
            (r#""a\qb""#, "invalid character 'q' in string escape code"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("tru3", "invalid character '3' in literal true (expecting 'e')"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
            (r#""\u12g4""#, "invalid character 'g' in \\u hexadecimal character escape"),
            (r#""\ud800""#, r#"temporalproto: syntax error (line 1:2): invalid escape code "\\ud800" in string"#),
            ("hello", "invalid character 'h' looking for beginning of value"),
            ("é", "invalid character 'é' looking for beginning of value"),
        ];
        for (text, expected) in cases {
            let error = parse(text).err().unwrap_or_else(|| panic!("{text} is refused"));
            assert_eq!(error.to_string(), expected, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep).err().expect("too deep").to_string(), "exceeded max depth");
    }

    #[test]
    fn the_first_value_counts() {
        assert!(parse(" \n").expect("no error").is_none());
        let node = parse(" 12 rest").expect("a number").expect("a value");
        assert_eq!((node.start, node.end), (1, 3));
        let node = parse(r#""a\u00e9\ud83d\ude00\n""#).expect("a text").expect("a value");
        assert!(matches!(&node.value, Kind::String(text) if text == "aé😀\n"));
    }

    #[test]
    fn space_goes_but_not_from_texts() {
        assert_eq!(compact("{ \"a b\" :\n[1, \"\\\" \\\\\" ] }"), r#"{"a b":[1,"\" \\"]}"#);
    }
}
