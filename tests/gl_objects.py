"""How many objects of each kind are alive in the GL context that is current, by asking GL itself; and the process's memory."""

import ctypes
import os
from pathlib import Path

import moderngl

KINDS = ("Buffer", "Texture", "VertexArray", "Program", "Shader", "Framebuffer", "Renderbuffer", "Query")
_NAMES = 8192  # GL gives the lowest that are free


def gl_objects(context: moderngl.Context) -> dict[str, int]:
    """Return the number of objects by kind."""
    counts = {}
    for kind in KINDS:
        address = context.mglo._context.load_opengl_function(f"glIs{kind}")
        known = ctypes.CFUNCTYPE(ctypes.c_ubyte, ctypes.c_uint)(address)
        counts[kind] = sum(known(name) for name in range(1, _NAMES))
    return counts


def memory_mb() -> float:
    """Return what of this process is in memory (MB)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
