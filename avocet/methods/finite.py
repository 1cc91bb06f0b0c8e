"""The last look before a version is sealed: a file with a NaN or an infinity in it is no model."""

from pathlib import Path

from avocet.errors import NonFiniteError


def check_files(folder: Path) -> None:
    """Raises NonFiniteError, which names the tensor, where a .safetensors file below `folder` holds such a number."""
    import numpy as np
    from safetensors import safe_open

    for file in sorted(folder.rglob("*.safetensors")):
        with safe_open(file, "numpy") as tensors:
            for name in tensors.keys():  # noqa: SIM118  it is no dict
                if tensors.get_slice(name).get_dtype() == "BF16":
                    continue  # numpy has none; we write fp32, and only a base of others' comes like this
                tensor = tensors.get_tensor(name)
                if np.issubdtype(tensor.dtype, np.floating) and not np.isfinite(tensor).all():
                    raise NonFiniteError(f"{name} in {file.relative_to(folder)} holds NaN or infinity after training")
