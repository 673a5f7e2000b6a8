use proptest::prelude::*;
use serde_json::Value;

use super::*;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/gguf");

/// A file under construction.
struct Made {
    keys: Vec<Vec<u8>>,
    tensors: Vec<Vec<u8>>,
    data: Vec<u8>,
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.bytes());
    bytes
}

/// A key with a value of a type.
fn key(name: &str, kind: u32, value: &[u8]) -> Vec<u8> {
    [text(name), kind.to_le_bytes().to_vec(), value.to_vec()].concat()
}

fn tensor(name: &str, shape: &[u64], kind: u32, offset: u64) -> Vec<u8> {
    let mut bytes = text(name);
    bytes.extend((shape.len() as u32).to_le_bytes());
    bytes.extend(shape.iter().flat_map(|size| size.to_le_bytes()));
    bytes.extend(kind.to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes
}

impl Made {
    /// One key of each type, and two tensors: 2 × 3 floats, and 32 codes of 8 bits.
    fn sound() -> Self {
        let list = |kind: u32, count: u64, rest: &[u8]| {
            [&kind.to_le_bytes()[..], &count.to_le_bytes(), rest].concat()
        };
        let floats = [1.0_f32, -2.0, 3.0, 4.0, 5.5, -6.0];
        let mut data: Vec<u8> = floats.iter().flat_map(|x| x.to_le_bytes()).collect();
        data.resize(32, 0);
        data.extend(half::f16::from_f32(0.5).to_le_bytes());
        data.extend((0..32_i8).map(|code| (code - 16).cast_unsigned()));
        Self {
            keys: vec![
                key("byte", 0, &[7]),
                key("small", 5, &(-3_i32).to_le_bytes()),
                key("large", 10, &u64::MAX.to_le_bytes()),
                key("half", 6, &0.5_f32.to_le_bytes()),
                key("yes", 7, &[1]),
                key("name", 8, &text("a Llama")),
                key("numbers", 9, &list(4, 2, &[1, 0, 0, 0, 2, 0, 0, 0])),
                key("words", 9, &list(8, 2, &[text("one"), text("")].concat())),
            ],
            tensors: vec![
                tensor("floats", &[3, 2], 0, 0),
                tensor("codes", &[32], 8, 32),
            ],
            data,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend((self.tensors.len() as u64).to_le_bytes());
        bytes.extend((self.keys.len() as u64).to_le_bytes());
        bytes.extend(self.keys.concat());
        bytes.extend(self.tensors.concat());
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend(&self.data);
        bytes
    }

    fn parse(&self) -> Result<Gguf, LoraError> {
        Gguf::parse("made.gguf", self.bytes())
    }
}

/// An error with its cause.
fn whole(error: &LoraError) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

#[test]
fn everything_is_read() {
    let made = Made::sound().parse().unwrap();
    let value = |key: &str| made.value(key).unwrap();
    assert_eq!(value("byte").as_usize(), Some(7));
    assert_eq!(value("small"), &GgufValue::Integer(-3));
    assert_eq!(value("small").as_usize(), None);
    assert_eq!(value("large"), &GgufValue::Integer(u64::MAX.into()));
    assert_eq!(value("half").as_f64(), Some(0.5));
    assert_eq!(value("yes").as_bool(), Some(true));
    assert_eq!(value("name").as_str(), Some("a Llama"));
    assert_eq!(value("numbers").as_integers(), Some(&[1, 2][..]));
    assert_eq!(value("words").as_texts().unwrap(), ["one", ""]);
    assert_eq!(made.value("other"), None);
    assert_eq!(made.keys().count(), 8);
    assert_eq!(made.names().collect::<Vec<_>>(), ["codes", "floats"]);
    let floats = made.tensor("floats").unwrap();
    assert_eq!(
        (floats.shape(), floats.kind()),
        (&[2, 3][..], GgufType::F32)
    );
    assert_eq!(floats.values().unwrap(), [1.0, -2.0, 3.0, 4.0, 5.5, -6.0]);
    let codes = made.tensor("codes").unwrap().values().unwrap();
    assert_eq!((codes[0], codes[17], codes.len()), (-8.0, 0.5, 32));
}

#[test]
fn values_of_every_type_are_those_of_the_gguf_package() {
    let golden: Value =
        serde_json::from_slice(&std::fs::read(format!("{GOLDEN}/blocks.json")).unwrap()).unwrap();
    let golden = golden.as_object().unwrap();
    assert_eq!(golden.len(), 10);
    for number in 0..40 {
        let Ok(kind) = GgufType::of(number) else {
            continue;
        };
        let Some(own) = golden.get(&format!("{kind:?}")) else {
            assert_eq!(kind, GgufType::F32);
            continue;
        };
        let hex = own["bytes"].as_str().unwrap().as_bytes();
        let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
        let bytes = hex
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[a, b]| digit(*a) << 4 | digit(*b));
        let expected: Vec<f32> = serde_json::from_value(own["values"].clone()).unwrap();
        let found = kind.values(&bytes.collect::<Vec<u8>>());
        assert_eq!(found.len(), expected.len(), "{kind:?}");
        for (found, expected) in found.iter().zip(expected) {
            let near = (found - expected).abs() <= 1e-6 * expected.abs().max(1.0);
            assert!(near, "{kind:?}: {found}, {expected}");
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = Made::sound().bytes();
    for length in 0..bytes.len() {
        let error = Gguf::parse("cut.gguf", bytes[..length].to_vec()).unwrap_err();
        assert!(error.to_string().contains("cut.gguf"), "{length}: {error}");
    }
}

/// What is said of a file that is changed.
fn refused(change: impl FnOnce(&mut Made), what: &str) {
    let mut made = Made::sound();
    change(&mut made);
    let error = whole(&made.parse().unwrap_err());
    let named = error.contains("made.gguf") && error.contains(what);
    assert!(named, "{what}: {error}");
}

#[test]
fn tensors_that_contradict_the_file_are_named() {
    let codes = |shape: &[u64], kind: u32, offset: u64| tensor("codes", shape, kind, offset);
    for (own, what) in [
        (codes(&[32], 8, 0), "`floats` and `codes` share bytes"),
        (codes(&[32], 8, 33), "no multiple of 32"),
        (codes(&[32], 8, 1 << 40), "`codes` ends beyond the file"),
        (
            codes(&[32], 8, u64::MAX - 31),
            "`codes` ends beyond the file",
        ),
        (
            codes(&[32, 1 << 32, 1 << 32], 8, 32),
            "`codes`: it has dimensions",
        ),
        (codes(&[32, u64::MAX], 8, 32), "`codes`"),
        (codes(&[31], 8, 32), "blocks of 32"),
        (codes(&[0], 8, 32), "a dimension of 0"),
        (codes(&[], 8, 32), "`codes`: it has 0 dimensions"),
        (codes(&[1; 5], 8, 32), "`codes`: it has 5 dimensions"),
        (
            codes(&[32], 10, 32),
            "`codes`: its values have type 10 (Q2_K)",
        ),
        (codes(&[32], 999, 32), "`codes`: its values have type 999"),
        (tensor("floats", &[32], 8, 32), "tensor `floats` twice"),
    ] {
        refused(|made| made.tensors[1] = own, what);
    }
}

#[test]
fn keys_that_contradict_the_file_are_named() {
    let list = |kind: u32, count: u64| [&kind.to_le_bytes()[..], &count.to_le_bytes()].concat();
    let alignment = |number: u32| key("general.alignment", 4, &number.to_le_bytes());
    for (own, what) in [
        (key("byte", 0, &[8]), "key `byte` twice"),
        (key("odd", 13, &[8]), "key `odd`: its type 13"),
        (key("odd", 7, &[2]), "key `odd`: 2 is no truth value"),
        (
            key("odd", 8, &u64::MAX.to_le_bytes()),
            "key `odd`: it claims more bytes",
        ),
        (
            key("odd", 9, &list(8, 1 << 60)),
            "key `odd`: it claims more elements",
        ),
        (
            key("odd", 9, &list(9, 1)),
            "key `odd`: it is a list of lists",
        ),
        (alignment(3), "general.alignment"),
        (alignment(0), "general.alignment"),
    ] {
        refused(|made| made.keys.push(own), what);
    }
    for (at, what) in [(8, "it claims more tensors"), (16, "it claims more keys")] {
        let mut bytes = Made::sound().bytes();
        bytes[at..at + 8].copy_from_slice(&(u64::MAX / 3).to_le_bytes());
        let error = whole(&Gguf::parse("made.gguf", bytes).unwrap_err());
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn a_value_that_is_none_is_named_with_its_tensor() {
    let mut made = Made::sound();
    made.data[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    let made = made.parse().unwrap();
    let error = made
        .tensor("floats")
        .unwrap()
        .values()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("floats") && error.contains("made.gguf"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn changed_bytes_are_refused_or_read(
        edits in prop::collection::vec((0_usize..600, any::<u8>()), 1..6),
    ) {
        let mut bytes = Made::sound().bytes();
        let length = bytes.len();
        for (at, byte) in edits {
            bytes[at % length] = byte;
        }
        if let Ok(read) = Gguf::parse("changed.gguf", bytes) {
            for name in read.names() {
                let tensor = read.tensor(name).unwrap();
                if let Ok(values) = tensor.values() {
                    prop_assert_eq!(values.len(), tensor.shape().iter().product::<usize>());
                }
            }
        }
    }

    #[test]
    fn any_bytes_behind_the_magic_are_refused_or_read(rest in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [&b"GGUF\x03\0\0\0"[..], &rest].concat();
        let _ = Gguf::parse("any.gguf", bytes);
    }
}
