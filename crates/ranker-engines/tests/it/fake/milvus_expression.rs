//! Milvus' expressions, as far as the adapter uses them: comparisons of texts, `in`, `like` of a beginning,
//! `json_contains_any`, `and`, `or`, `not` and parentheses.

use serde_json::Value;

/// What a row's expression is made of.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(String),
}

/// An expression that was read.
#[derive(Debug)]
pub(super) enum Expression {
    Compared(String, String, String),
    In(String, Vec<String>),
    Begins(String, String),
    ContainsAny(String, Vec<String>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
}

pub(super) fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
    };
    let expression = parser.either()?;
    match parser.next() {
        None => Ok(expression),
        Some(token) => Err(format!("mismatched input {token:?}")),
    }
}

/// Texts are as in JSON, but for surrogates, which Milvus does not read.
fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            let length = end.ok_or("a text without an end")? + 2;
            let quoted = &rest[..length];
            if quoted.contains("\\ud") || quoted.contains(['\n', '\r']) {
                return Err("invalid syntax".to_owned());
            }
            let own = serde_json::from_str(quoted).map_err(|error| error.to_string())?;
            tokens.push(Token::Text(own));
            length
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let length = end.unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..length].to_owned()));
            length
        } else {
            let signs = ["<=", ">=", "==", "<", ">", "(", ")", "[", "]", ","];
            let sign = signs.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| format!("token recognition error at {first:?}"))?;
            tokens.push(Token::Sign(sign.to_owned()));
            sign.len()
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn takes(&mut self, word: &str) -> bool {
        let takes = match self.tokens.get(self.at) {
            Some(Token::Word(own) | Token::Sign(own)) => own == word,
            _ => false,
        };
        self.at += usize::from(takes);
        takes
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        match self.takes(sign) {
            true => Ok(()),
            false => Err(format!(
                "{sign} was expected, not {:?}",
                self.tokens.get(self.at)
            )),
        }
    }

    fn either(&mut self) -> Result<Expression, String> {
        let mut left = self.both()?;
        while self.takes("or") {
            left = Expression::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expression, String> {
        let mut left = self.one()?;
        while self.takes("and") {
            left = Expression::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Expression, String> {
        if self.takes("not") {
            return Ok(Expression::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let inner = self.either()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let Some(Token::Word(field)) = self.next() else {
            return Err("a field was expected".to_owned());
        };
        if field == "json_contains_any" {
            self.expect("(")?;
            let Some(Token::Word(field)) = self.next() else {
                return Err("a field was expected".to_owned());
            };
            self.expect(",")?;
            let any = self.texts()?;
            self.expect(")")?;
            if any.is_empty() {
                return Err("mismatched input '[]'".to_owned());
            }
            return Ok(Expression::ContainsAny(field, any));
        }
        match self.next() {
            Some(Token::Word(word)) if word == "in" => Ok(Expression::In(field, self.texts()?)),
            Some(Token::Word(word)) if word == "like" => {
                let pattern = self.text()?;
                let begin = pattern
                    .strip_suffix('%')
                    .filter(|begin| !begin.contains(['%', '_']));
                let begin = begin.ok_or("a pattern that is no beginning")?;
                Ok(Expression::Begins(field, begin.to_owned()))
            }
            Some(Token::Sign(sign)) if ["<=", ">=", "==", "<", ">"].contains(&&*sign) => {
                Ok(Expression::Compared(field, sign, self.text()?))
            }
            other => Err(format!("an operator was expected, not {other:?}")),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(text),
            other => Err(format!("a text was expected, not {other:?}")),
        }
    }

    fn texts(&mut self) -> Result<Vec<String>, String> {
        self.expect("[")?;
        let mut texts = Vec::new();
        while !self.takes("]") {
            if !texts.is_empty() {
                self.expect(",")?;
            }
            texts.push(self.text()?);
        }
        Ok(texts)
    }
}

impl Expression {
    /// Whether a row meets it; a key that is not there meets nothing.
    pub(super) fn holds(&self, row: &Value) -> bool {
        let text = |field: &str| row[field].as_str();
        match self {
            Self::Compared(field, sign, other) => text(field).is_some_and(|own| match &**sign {
                "<=" => own <= &**other,
                ">=" => own >= &**other,
                "<" => own < &**other,
                ">" => own > &**other,
                _ => own == other,
            }),
            Self::In(field, any) => text(field).is_some_and(|own| any.iter().any(|one| one == own)),
            Self::Begins(field, begin) => text(field).is_some_and(|own| own.starts_with(&**begin)),
            Self::ContainsAny(field, any) => {
                let list = row[field].as_array().into_iter().flatten();
                list.filter_map(Value::as_str)
                    .any(|own| any.iter().any(|one| one == own))
            }
            Self::And(a, b) => a.holds(row) && b.holds(row),
            Self::Or(a, b) => a.holds(row) || b.holds(row),
            Self::Not(inner) => !inner.holds(row),
        }
    }
}
