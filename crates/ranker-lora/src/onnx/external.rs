//! Weights beside the graph, where both together would pass what protobuf allows.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::mem;
use std::path::Path;

use prost::Message as _;

use super::graph::Graph;
use super::proto::{EXTERNAL, ModelProto, StringStringEntryProto, TensorProto};
use super::{IR_VERSION, OPSET};
use crate::error::LoraError;
use crate::files::Staged;

/// The greatest message that protobuf readers accept.
const LIMIT: u64 = i32::MAX as u64;

/// The name of the file with the graph.
const GRAPH: &str = "model.onnx";

/// The name of the file with the weights, as ONNX's own tools give it.
const DATA: &str = "model.onnx_data";

/// Smaller tensors stay in the graph: shapes among them, which readers want to see.
const SMALLEST: usize = 1024;

/// Where a tensor may begin in the file: pages, so that readers can map it.
const PAGE: usize = 4096;

/// A graph with its weights.
pub(crate) struct OnnxModel(ModelProto);

impl OnnxModel {
    pub(super) fn new(graph: Graph) -> Self {
        Self(graph.into_model(IR_VERSION, OPSET))
    }

    /// All of it in one message.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, LoraError> {
        self.bytes_within(LIMIT)
    }

    /// Adds `model.onnx` and, where that would be too large, `model.onnx_data`.
    pub(crate) fn stage(self, staged: &mut Staged) -> Result<(), LoraError> {
        self.stage_within(LIMIT, staged)
    }

    fn bytes_within(&self, limit: u64) -> Result<Vec<u8>, LoraError> {
        let bytes = self.0.encoded_len() as u64;
        if bytes > limit {
            return Err(LoraError::TooLarge { bytes, limit });
        }
        Ok(self.0.encode_to_vec())
    }

    fn stage_within(mut self, limit: u64, staged: &mut Staged) -> Result<(), LoraError> {
        if self.0.encoded_len() as u64 > limit {
            staged.add_pieces(DATA, self.moved_out())?;
        } else {
            staged.remove(DATA);
        }
        staged.add(GRAPH, &self.bytes_within(limit)?)
    }

    /// Takes the values of large tensors out of the graph, which then says where each lies in what they make in a row.
    fn moved_out(&mut self) -> Vec<Vec<u8>> {
        let (mut pieces, mut offset) = (Vec::new(), 0);
        let graph = self.0.graph.iter_mut();
        let tensors = graph.flat_map(|graph| &mut graph.initializer);
        for tensor in tensors.filter(|tensor| tensor.raw_data.len() >= SMALLEST) {
            let values = mem::take(&mut tensor.raw_data);
            let entry = |key: &str, value: String| StringStringEntryProto {
                key: key.to_owned(),
                value,
            };
            tensor.external_data = vec![
                entry("location", DATA.to_owned()),
                entry("offset", offset.to_string()),
                entry("length", values.len().to_string()),
            ];
            tensor.data_location = Some(EXTERNAL);
            let padding = values.len().next_multiple_of(PAGE) - values.len();
            offset += values.len() + padding;
            pieces.extend([values, vec![0; padding]]);
        }
        pieces
    }
}

/// A tensor of the graph at `path` with its values, which may lie beside it.
pub(super) fn filled(mut tensor: TensorProto, path: &Path) -> Result<TensorProto, LoraError> {
    if tensor.data_location != Some(EXTERNAL) {
        return Ok(tensor);
    }
    let of = |key: &str| {
        let entry = tensor.external_data.iter().find(|entry| entry.key == key);
        entry.map(|entry| entry.value.as_str())
    };
    let number = |key: &str| of(key).and_then(|value| value.parse::<u64>().ok());
    let (Some(DATA), Some(offset), Some(length)) =
        (of("location"), number("offset"), number("length"))
    else {
        let advice = "weights beside a graph are read where this crate wrote them";
        return Err(LoraError::unsupported(
            "external_data",
            &tensor.name,
            advice,
        ));
    };
    let path = path.with_file_name(DATA);
    let cut = || LoraError::TensorShape {
        path: path.clone(),
        tensor: tensor.name.clone(),
        expected: vec![usize::try_from(length).unwrap_or(usize::MAX)],
        actual: Vec::new(),
    };
    let mut file = File::open(&path).map_err(LoraError::io("open", &path))?;
    let size = file.metadata().map_err(LoraError::io("read", &path))?.len();
    // What a damaged graph says of lengths is believed only as far as there are bytes.
    if offset.checked_add(length).is_none_or(|end| end > size) {
        return Err(cut());
    }
    let mut values = Vec::with_capacity(usize::try_from(length).map_err(|_| cut())?);
    file.seek(SeekFrom::Start(offset))
        .and_then(|_| file.take(length).read_to_end(&mut values))
        .map_err(LoraError::io("read", &path))?;
    tensor.raw_data = values;
    Ok(tensor)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use ort::session::Session;
    use ort::value::Tensor;
    use ranker_embed::onnxruntime;
    use tempfile::TempDir;

    use super::super::Precision;
    use super::*;
    use crate::encoder::Encoder;

    /// A small encoder, and its folder with the weights beside the graph.
    fn beside() -> (Encoder, TempDir) {
        let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/families/mpnet");
        let encoder = Encoder::read(&golden).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut staged = Staged::new(folder.path()).unwrap();
        let config = std::fs::read(golden.join("config.json")).unwrap();
        staged.add("config.json", &config).unwrap();
        let model = encoder.onnx(Precision::Float32);
        let whole = model.0.encoded_len() as u64;
        model.stage_within(whole - 1, &mut staged).unwrap();
        staged.commit().unwrap();
        assert!(folder.path().join(GRAPH).metadata().unwrap().len() < whole / 2);
        (encoder, folder)
    }

    fn hidden(session: &mut Session) -> Vec<u32> {
        let ids = || Tensor::from_array(([1, 3], vec![4_i64, 5, 6])).unwrap();
        let mask = Tensor::from_array(([1, 3], vec![1_i64; 3])).unwrap();
        let mut inputs = vec![("input_ids", ids()), ("attention_mask", mask)];
        inputs.truncate(session.inputs().len());
        let output = session.run(inputs).unwrap();
        let (_, values) = output[0].try_extract_tensor::<f32>().unwrap();
        values.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn the_limit_is_that_of_protobuf() {
        assert_eq!(LIMIT, (2 << 30) - 1);
        let error = LoraError::TooLarge {
            bytes: LIMIT + 1,
            limit: LIMIT,
        };
        assert!(error.to_string().contains("int8"), "{error}");
    }

    #[test]
    fn weights_beside_the_graph_are_the_same_weights() {
        let (encoder, folder) = beside();
        let again = Encoder::read_onnx(folder.path()).unwrap();
        let bytes = |encoder: &Encoder| encoder.to_onnx(Precision::Float32).unwrap();
        assert!(bytes(&again) == bytes(&encoder));
        // What is written over it within the limit leaves no weights of before behind.
        let mut staged = Staged::new(folder.path()).unwrap();
        let model = encoder.onnx(Precision::Float32);
        model.stage(&mut staged).unwrap();
        staged.commit().unwrap();
        assert!(!folder.path().join(DATA).exists());
        let again = Encoder::read_onnx(folder.path()).unwrap();
        assert!(bytes(&again) == bytes(&encoder));
    }

    /// Where the library cannot be had, this says so and checks nothing.
    #[test]
    #[allow(clippy::print_stderr)]
    fn onnxruntime_reads_weights_beside_the_graph() {
        let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/onnxruntime");
        let library = onnxruntime::path_from_env()
            .or_else(|| onnxruntime::find(&[Path::new(target)]))
            .filter(|library| onnxruntime::load(library).is_ok());
        let Some(environment) = library.and_then(|_| onnxruntime::environment()) else {
            eprintln!("no ONNX Runtime: the graph is not run");
            return;
        };
        let (encoder, folder) = beside();
        let builder = || Session::builder(&environment).unwrap();
        let whole = encoder.to_onnx(Precision::Float32).unwrap();
        let mut whole = builder().commit_from_memory(&whole).unwrap();
        let graph = folder.path().join(GRAPH);
        let mut parted = builder().commit_from_file(graph).unwrap();
        assert_eq!(hidden(&mut parted), hidden(&mut whole));
    }

    #[test]
    fn a_file_of_weights_that_is_cut_or_another_one_is_refused() {
        let (_, folder) = beside();
        let refused = || Encoder::read_onnx(folder.path()).unwrap_err().to_string();
        let data = folder.path().join(DATA);
        let file = File::options().write(true).open(&data).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        assert!(refused().contains(DATA), "{}", refused());
        std::fs::remove_file(&data).unwrap();
        assert!(refused().contains(DATA), "{}", refused());
        let path = folder.path().join(GRAPH);
        let mut model = ModelProto::decode(&std::fs::read(&path).unwrap()[..]).unwrap();
        let tensors = model
            .graph
            .iter_mut()
            .flat_map(|graph| &mut graph.initializer);
        for entry in tensors.flat_map(|tensor| &mut tensor.external_data) {
            if entry.key == "location" {
                entry.value = "../elsewhere".to_owned();
            }
        }
        std::fs::write(&path, model.encode_to_vec()).unwrap();
        assert!(refused().contains("external_data"), "{}", refused());
    }
}
