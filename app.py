"""Bakeoff's app: both models side by side.

python app.py                                # the demo pair; trains it first if it is absent
python app.py --pytorch-model USER/NAME-pytorch@v1 --tensorflow-model USER/NAME-tensorflow@v1
BAKEOFF_PYTORCH_MODEL=… BAKEOFF_TENSORFLOW_MODEL=… python app.py     # as a Space sets them
"""

import argparse
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from errors import BakeoffError, one_sentence_errors
from eval import report as eval_report
from model_loader import ModelLoader
from paused_gc import paused_gc

DEMO = Path(__file__).parent / "runs" / "demo"


def parser() -> argparse.ArgumentParser:
    """The command line; each model flag has an environment variable."""
    out = argparse.ArgumentParser(prog="python app.py", description=__doc__.split("\n")[0])
    environment = os.environ.get
    model = "folder or Hub id[@revision] of the %s model (default: ${%s}, else the demo pair)"
    for flag, name in (("pytorch", "PyTorch"), ("tensorflow", "TensorFlow")):
        variable = f"BAKEOFF_{flag.upper()}_MODEL"
        out.add_argument(f"--{flag}-model", default=environment(variable), help=model % (name, variable))
    report = "of `python -m eval`, for the tab Evaluate (default: $BAKEOFF_REPORT; the demo pair's own is made)"
    out.add_argument("--report", type=Path, default=environment("BAKEOFF_REPORT") or None, metavar="FILE", help=report)
    out.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    out.add_argument("--port", type=_port, help="port (default: the first free one from 7860)")
    out.add_argument("--share", action="store_true", help="also serve through a public gradio.live link")
    out.add_argument(
        "--auth",
        metavar="USER:PASSWORD",
        default=environment("BAKEOFF_AUTH"),
        help="ask visitors to log in (default: $BAKEOFF_AUTH, which a process list does not show)",
    )
    return out


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: give a number from 1 to 65535")
    return int(text)


def check_address(host: str | None, port: int | None) -> None:
    """Try to listen there once.

    Raises:
        BakeoffError: the address is none of this machine's, or the port is taken.
    """
    host = host or os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")
    try:
        with socket.create_server((host, port or 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return
    except OSError as error:
        raise BakeoffError(
            f"the app can't listen on {host}, port {port or 'any'} ({error.strerror or error}); choose others with "
            "--host and --port."
        ) from error


def loader_for(pytorch: str | None, tensorflow: str | None, report: Path | None = None) -> ModelLoader:
    """The loader of the two named models, or of the demo pair where none is named, and of their report.

    Raises:
        BakeoffError: just one is named.
        ReportError: the report's file is none.
    """
    if report is not None:
        eval_report.read(report)  # a wrong name is told at the start, not to a visitor
    if bool(pytorch) != bool(tensorflow):
        raise BakeoffError("only one model was named: give both --pytorch-model and --tensorflow-model, or neither.")
    if pytorch and tensorflow:
        return ModelLoader({"pytorch": pytorch, "tensorflow": tensorflow}, report=report)
    models = {framework: str(DEMO / framework) for framework in ("pytorch", "tensorflow")}
    missing = not all((Path(folder) / "training.json").exists() for folder in models.values())
    demo = DEMO if missing else None
    return ModelLoader(models, demo=demo, report=report or DEMO / "report.json", evaluate=report is None)


def credentials(text: str | None) -> tuple[str, str] | None:
    """User and password of `USER:PASSWORD`.

    Raises:
        BakeoffError: one of them is missing.
    """
    if not text:
        return None
    user, _, password = text.partition(":")
    if not user or not password:
        raise BakeoffError("--auth is not understood: expected USER:PASSWORD with both filled in.")
    return user, password


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Serve until stopped; the models load behind the page."""
    arguments = parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    auth = credentials(arguments.auth)
    check_address(arguments.host, arguments.port)
    loader = loader_for(arguments.pytorch_model, arguments.tensorflow_model, arguments.report)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that a training under way is ended too
    with paused_gc():
        from page import serve  # Gradio takes seconds, which a wrong flag and --help don't wait for

        demo = serve(
            loader,
            server_name=arguments.host,
            server_port=arguments.port,
            share=arguments.share,
            auth=auth,
        )
    loader.start()  # once the page is up: until then the two would only slow each other down
    demo.block_thread()
    return 0


if __name__ == "__main__":
    sys.exit(main())
