//! LoRA adapters for BERT-like encoders: apply, merge, PEFT files, ONNX export.
