"""A function of tensors recorded once as a CUDA graph and played back: no launch costs. Elsewhere, the function itself."""

import warnings
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

Function = Callable[..., Tensor]
_WARM_RUNS: Final = 3  # cuBLAS and cuDNN choose and allocate on first use, which a graph cannot record


def recorded(function: Function, *examples: Tensor) -> Function:
    """Return a function that does as `function` does on tensors of the examples' shapes, with less overhead on CUDA."""
    if not examples[0].is_cuda:
        return function
    inputs = [example.clone() for example in examples]
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream), torch.inference_mode():
        for _ in range(_WARM_RUNS):
            function(*inputs)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.inference_mode(), torch.cuda.graph(graph):
            output = function(*inputs)
    except RuntimeError as error:  # a driver or library that cannot: slower, and the same result
        reason = str(error).splitlines()[0]
        warnings.warn(f"no CUDA graph could be recorded ({reason}): DualTalk runs without, slower", stacklevel=2)
        return function

    def replayed(*arguments: Tensor) -> Tensor:
        for place, argument in zip(inputs, arguments, strict=True):
            place.copy_(argument)
        graph.replay()
        return output.clone()

    return replayed
