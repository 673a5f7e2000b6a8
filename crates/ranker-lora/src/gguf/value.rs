//! Values of metadata.

use super::cursor::Cursor;

/// A value of a GGUF file's metadata.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum GgufValue {
    /// An integer of any width.
    Integer(i128),
    /// A float of 32 or 64 bits.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A text.
    Text(String),
    /// A list of integers.
    Integers(Vec<i64>),
    /// A list of floats.
    Floats(Vec<f64>),
    /// A list of truth values.
    Bools(Vec<bool>),
    /// A list of texts.
    Texts(Vec<String>),
}

impl GgufValue {
    /// A count or size.
    #[must_use]
    pub fn as_usize(&self) -> Option<usize> {
        match self {
            Self::Integer(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// A truth value.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A list of texts.
    #[must_use]
    pub fn as_texts(&self) -> Option<&[String]> {
        match self {
            Self::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// A list of integers.
    #[must_use]
    pub fn as_integers(&self) -> Option<&[i64]> {
        match self {
            Self::Integers(numbers) => Some(numbers),
            _ => None,
        }
    }
}

/// The types, by their numbers in the file.
mod kind {
    pub(super) const U8: u32 = 0;
    pub(super) const I8: u32 = 1;
    pub(super) const U16: u32 = 2;
    pub(super) const I16: u32 = 3;
    pub(super) const U32: u32 = 4;
    pub(super) const I32: u32 = 5;
    pub(super) const F32: u32 = 6;
    pub(super) const BOOL: u32 = 7;
    pub(super) const TEXT: u32 = 8;
    pub(super) const ARRAY: u32 = 9;
    pub(super) const U64: u32 = 10;
    pub(super) const I64: u32 = 11;
    pub(super) const F64: u32 = 12;
}

/// Reads a value behind its type.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<GgufValue, String> {
    match cursor.u32()? {
        kind::ARRAY => array(cursor),
        kind::TEXT => Ok(GgufValue::Text(cursor.text("its text")?.to_owned())),
        kind::BOOL => Ok(GgufValue::Bool(truth(cursor)?)),
        kind @ (kind::F32 | kind::F64) => Ok(GgufValue::Float(float(cursor, kind)?)),
        kind => Ok(GgufValue::Integer(integer(cursor, kind)?)),
    }
}

fn array(cursor: &mut Cursor<'_>) -> Result<GgufValue, String> {
    let (kind, count) = (cursor.u32()?, cursor.u64()?);
    let least = match kind {
        kind::U8 | kind::I8 | kind::BOOL => 1,
        kind::U16 | kind::I16 => 2,
        kind::U32 | kind::I32 | kind::F32 => 4,
        kind::U64 | kind::I64 | kind::F64 | kind::TEXT => 8,
        kind::ARRAY => {
            return Err("it is a list of lists, which no key that is known has".to_owned());
        }
        other => return Err(unknown(other)),
    };
    let all = 0..cursor.count("elements of a list", count, least)?;
    match kind {
        kind::TEXT => {
            let text = |_| Ok(cursor.text("an element")?.to_owned());
            let texts: Result<Vec<String>, String> = all.map(text).collect();
            Ok(GgufValue::Texts(texts?))
        }
        kind::BOOL => {
            let bools: Result<Vec<bool>, String> = all.map(|_| truth(cursor)).collect();
            Ok(GgufValue::Bools(bools?))
        }
        kind::F32 | kind::F64 => {
            let floats: Result<Vec<f64>, String> = all.map(|_| float(cursor, kind)).collect();
            Ok(GgufValue::Floats(floats?))
        }
        _ => {
            let number = |_| {
                let number = integer(cursor, kind)?;
                i64::try_from(number).map_err(|_| format!("{number} is too large for a list"))
            };
            let numbers: Result<Vec<i64>, String> = all.map(number).collect();
            Ok(GgufValue::Integers(numbers?))
        }
    }
}

fn truth(cursor: &mut Cursor<'_>) -> Result<bool, String> {
    match cursor.array::<1>()? {
        [0] => Ok(false),
        [1] => Ok(true),
        [other] => Err(format!("{other} is no truth value")),
    }
}

fn float(cursor: &mut Cursor<'_>, kind: u32) -> Result<f64, String> {
    match kind {
        kind::F32 => Ok(f32::from_le_bytes(cursor.array()?).into()),
        _ => Ok(f64::from_le_bytes(cursor.array()?)),
    }
}

fn integer(cursor: &mut Cursor<'_>, kind: u32) -> Result<i128, String> {
    Ok(match kind {
        kind::U8 => u8::from_le_bytes(cursor.array()?).into(),
        kind::I8 => i8::from_le_bytes(cursor.array()?).into(),
        kind::U16 => u16::from_le_bytes(cursor.array()?).into(),
        kind::I16 => i16::from_le_bytes(cursor.array()?).into(),
        kind::U32 => u32::from_le_bytes(cursor.array()?).into(),
        kind::I32 => i32::from_le_bytes(cursor.array()?).into(),
        kind::U64 => u64::from_le_bytes(cursor.array()?).into(),
        kind::I64 => i64::from_le_bytes(cursor.array()?).into(),
        other => return Err(unknown(other)),
    })
}

fn unknown(kind: u32) -> String {
    format!("its type {kind} is none of the format's")
}
