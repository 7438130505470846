"""Commands for who changes Chaqi itself."""

from __future__ import annotations

from chain.settings import Settings


def compile() -> None:
    """Compile contracts/ into chain/artifacts/, the committed artifacts that running Chaqi uses."""
    from chain.compile import write_artifacts  # the compiler's front end is slow to load

    for file in write_artifacts(cache=Settings().var_dir / "compiled"):
        print(f"wrote {file.relative_to(file.parent.parent.parent)}")
