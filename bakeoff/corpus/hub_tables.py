"""Read a Hub data set as one table per split; bakeoff/corpus/tables.py reads files."""

import re

from bakeoff.common.errors import CorpusError
from bakeoff.corpus.tables import Table, excerpt, from_arrow


def read(dataset: str, config: str | None = None) -> dict[str, Table]:
    """Return the tables of all splits of a Hub data set by split name; `datasets` runs no code from the Hub.

    Raises:
        CorpusError: the data set is missing, private, damaged or out of reach, or has no such config.
    """
    import datasets
    import httpx2

    try:
        splits = datasets.load_dataset(dataset, config)
    except (OSError, ValueError, RuntimeError, httpx2.HTTPError, datasets.exceptions.DatasetsError) as error:
        raise CorpusError(_sentence(dataset, config, error)) from error
    tables = {}
    for split, rows in splits.items():
        names = {key: value.names for key, value in rows.features.items() if isinstance(value, datasets.ClassLabel)}
        tables[split] = from_arrow(rows.with_format("arrow")[:], f"{dataset} ({split})", names)
    return tables


def _sentence(dataset: str, config: str | None, error: Exception) -> str:
    name = f"The data set {excerpt(dataset)}"
    kinds = {kind.__name__ for fault in (error, error.__cause__) for kind in type(fault).__mro__}
    status = getattr(getattr(error, "response", None), "status_code", 0)
    if "DatasetNotFoundError" in kinds or status in (401, 403, 404):
        return f"{name} is not on the Hub, or is private; check its id, or log in with `hf auth login`."
    if kinds & {"ConnectionError", "TimeoutError", "TransportError", "LocalEntryNotFoundError"}:
        return (
            f"{name} is out of reach; go online to download it, or give a CSV, TSV, JSON Lines or Parquet file instead."
        )
    if configs := re.search(r"(?:Available|available configs): \[(.*?)\]", str(error)):
        asked = f"has no config {excerpt(config)}" if config else "has several configs"
        return f"{name} {asked}; name one of these with --config: {configs[1][:300]}."
    reason = re.sub(r"hf_\w+", "hf_…", str(error.__cause__ or error))  # hides a token that a proxy may quote
    return f"{name} can't be read ({excerpt(reason, 140)}); give one of its files instead."
