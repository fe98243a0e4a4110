"""What the stages share of BERT: its vocabulary, its graph for onnxruntime, how that runs.

Every import of onnx, onnxruntime and tokenizers is inside a function.
"""

__all__: list[str] = []
