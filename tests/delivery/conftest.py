"""Settings for the layers below the web: the repository's own, in a home that serves no release; databases that are emptied."""

from pathlib import Path

import pytest

from deflect_api import config
from deflect_api.config import Settings
from tests.conftest import ROOT
from tests.store.emptied import address, kept_postgres, local  # noqa: F401 - fixtures


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings as in the repository's support.yml; mail goes to a folder."""
    return config.load(
        {
            "DEFLECT_HOME": str(tmp_path / "home"),
            "DEFLECT_CONFIG": str(ROOT / "support.yml"),
            "DEFLECT_SECRET": "a secret of the tests",
            "DEFLECT_URL": "http://help.example.org",
        }
    )
