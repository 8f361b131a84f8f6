"""The recipe of the starter voice: sentences, analysis, model, ONNX graph, judgement. See README.md."""
