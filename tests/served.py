"""A served installation, as its users have it: `deflect serve` in a process of its own, that a test may kill and start again."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.postgres import free_port

ROOT = Path(__file__).parent.parent
START_SECONDS = 60


@dataclass
class Served:
    """One installation in `home`. Several starts share its database, mail folder and port. `source` is whose code runs."""

    home: Path
    config: Path = ROOT / "support.yml"
    extra: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    source: Path = ROOT
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        ours = {"DEFLECT_HOME": str(self.home), "DEFLECT_CONFIG": str(self.config), "PORT": str(self.port)}
        return {**os.environ, **ours, **self.extra}

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one `deflect` command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "deflect_api.cli", *words],
            cwd=self.source, env=self.environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def start(self, command: str = "serve") -> None:
        """Serve, and return once it answers."""
        with (self.home / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deflect_api.cli", command], cwd=self.source, env=self.environment, stdout=log, stderr=log
            )
        give_up = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.process.poll() is None, (self.home / "serve.log").read_text(encoding="utf-8")[-3000:]
            assert time.monotonic() < give_up, "the service did not start"
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def kill(self) -> None:
        """End it as a power switch would end the process: no farewell."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=30)
