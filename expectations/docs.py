"""Great Expectations' Data Docs of one check, for a person who asks for them: rules, counts and row ids; no text of a mail.

The pages fetch their styles from the web when they are opened, which is why no night writes them.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from avocet.durable import on_disk
from avocet.errors import WrongUseError
from expectations.runner import IDS_ONLY, quiet_context, suite_of
from expectations.validation import Checked


def write_docs(found: Checked, name: str, folder: Path) -> None:
    """Write the pages of what was checked for the recipe `name` into `folder`, which must be new or empty.

    They are built beside it and moved there whole. Raises WrongUseError where it holds something, DiskError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUseError(f"{folder} is there and not empty; name a new folder for the pages")
    with on_disk("writing the pages"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        built = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _build(found, name, built)
            built.replace(folder)
        finally:
            shutil.rmtree(built, ignore_errors=True)


def _build(found: Checked, name: str, folder: Path) -> None:
    import great_expectations as gx

    context = quiet_context()
    context.add_data_docs_site(site_name=name, site_config=_site(folder))
    source = context.data_sources.add_pandas("tonight")
    for table, frame in found.tables.items():
        rules = [rule for rule in found.rules if rule.table == table]
        batch = source.add_dataframe_asset(table).add_batch_definition_whole_dataframe("all")
        suite = context.suites.add(suite_of(f"{name} {table}", rules))
        asked = gx.ValidationDefinition(name=table, data=batch, suite=suite)
        # The first twenty ids of each rule: pages are for reading, `avocet check --json` names all.
        shown = {**IDS_ONLY, "result_format": "SUMMARY", "unexpected_index_column_names": [str(frame.columns[0])]}
        checkpoint = gx.Checkpoint(
            name=table, validation_definitions=[context.validation_definitions.add(asked)], result_format=shown
        )
        context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": frame.reset_index(drop=True)})
    context.build_data_docs(site_names=[name])


def _site(folder: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
    }
