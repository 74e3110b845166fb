"""Serve both models side by side: the page and the REST API.

bakeoff serve                                # the demo pair; trains it first if it is absent
bakeoff serve --pytorch-model USER/NAME-pytorch@v1 --tensorflow-model USER/NAME-tensorflow@v1
BAKEOFF_PYTORCH_MODEL=… BAKEOFF_TENSORFLOW_MODEL=… python app.py     # as a Space sets them
bakeoff serve --api-only                     # the REST API without the page
"""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from bakeoff.classifiers.options import add_models, by_framework
from bakeoff.common.errors import BakeoffError, one_sentence_errors
from bakeoff.common.limits import use
from bakeoff.common.options import command
from bakeoff.common.paused_gc import paused_gc
from eval.report import report as eval_report
from service.guard import uploads
from service.operate import addresses, options, surroundings
from service.work.model_loader import ModelLoader

DEMO = Path(__file__).parent / "runs" / "demo"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line. Each model flag has an environment variable."""
    flags = command("serve", __doc__, "bakeoff serve --models runs/news --port 7860")
    environment = os.environ.get
    add_models(flags, required=False, purpose="the two models, instead of the next two flags")
    model = "folder or Hub id[@revision] of the %s model (default: ${%s}, else the demo pair)"
    for flag, name in (("pytorch", "PyTorch"), ("tensorflow", "TensorFlow")):
        variable = f"BAKEOFF_{flag.upper()}_MODEL"
        flags.add_argument(f"--{flag}-model", default=environment(variable), help=model % (name, variable))
    report = (
        "that `bakeoff evaluate` wrote, for the tab Evaluate (default: $BAKEOFF_REPORT; the demo pair's own is made)"
    )
    flags.add_argument(
        "--report", type=Path, default=environment("BAKEOFF_REPORT") or None, metavar="FILE", help=report
    )
    flags.add_argument("--host", help="address to listen on (default: $GRADIO_SERVER_NAME, else 127.0.0.1)")
    flags.add_argument(
        "--port", type=_port, help="port (default: $GRADIO_SERVER_PORT, else 7860, or the next free one)"
    )
    flags.add_argument("--share", action="store_true", help="also serve through a public gradio.live link")
    flags.add_argument(
        "--auth",
        metavar="USER:PASSWORD",
        default=environment("BAKEOFF_AUTH"),
        help="ask visitors and API clients to log in (default: $BAKEOFF_AUTH, which a process list does not show)",
    )
    options.add(flags.add_argument_group("the API, and what the server takes"))
    return flags


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: give a number from 1 to 65535")
    return int(text)


def named_models(arguments: argparse.Namespace) -> tuple[str | None, str | None]:
    """Return the PyTorch and the TensorFlow model that the flags name, or None for a model that they do not name.

    Raises:
        ModelError: `--models` does not name a pair.
    """
    if arguments.models:
        models = by_framework(arguments.models)
        return models["pytorch"], models["tensorflow"]
    return arguments.pytorch_model, arguments.tensorflow_model


def loader_for(pytorch: str | None, tensorflow: str | None, report: Path | None = None) -> ModelLoader:
    """Return the loader of the two named models and their report, or of the demo pair if no model is named.

    Raises:
        BakeoffError: Only one model is named.
        ReportError: The file is not a valid report.
    """
    if report is not None:
        eval_report.read(report)  # the operator learns of a wrong file at the start, not a visitor later
    if bool(pytorch) != bool(tensorflow):
        raise BakeoffError("only one model was named: give both --pytorch-model and --tensorflow-model, or neither.")
    if pytorch and tensorflow:
        return ModelLoader({"pytorch": pytorch, "tensorflow": tensorflow}, report=report)
    models = {framework: str(DEMO / framework) for framework in ("pytorch", "tensorflow")}
    missing = not all((Path(folder) / "training.json").exists() for folder in models.values())
    demo = DEMO if missing else None
    return ModelLoader(models, demo=demo, report=report or DEMO / "report.json", evaluate=report is None)


@one_sentence_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal stops the server. The models load in the background."""
    arguments = parser().parse_args(argv)
    use(options.limits_for(arguments.limit))
    settings = options.settings(arguments)
    options.check_mcp(arguments.mcp)
    loader = loader_for(*named_models(arguments), arguments.report)
    return (serve_api if arguments.api_only else serve_page)(loader, settings, arguments)


def serve_page(loader: ModelLoader, settings: options.Settings, arguments: argparse.Namespace) -> int:
    """Serve page and API in one process until a signal comes. The models load in the background.

    Returns:
        The exit status: 1 if the models can't be loaded and none of them is on the Hub. After a failure with a model
        of the Hub the page stays and shows the reason, because its visitors, for example on a Space, see no log.
    """
    place = addresses.find_place(arguments.host, arguments.port, page=True)
    addresses.leave_nothing_to_gradio()
    surroundings.keep_loopback_from_proxies(place.host)
    surroundings.check_for_page()
    uploads.use_private_folder()  # Gradio reads the folder when it is imported
    with paused_gc():  # these imports take seconds, and --help or a wrong flag should not wait for them
        from service.api.routes import create_api
        from service.middleware import stack
        from service.operate import printed, stopping
        from service.operate.state import Service
        from tabs.page.page import serve

        stop = stopping.on_signal()  # before the first request can come
        service = Service.of(loader, settings)
    with printed.logged(), stopping.cleaned(loader.stop, uploads.remove_private_folder):
        with paused_gc():
            demo = serve(
                loader,
                service.models.queue,
                settings.decision,
                server_name=place.name,
                server_port=place.port,
                root_path=settings.root,
                share=arguments.share,
                auth=settings.access.check_login if settings.access.login else None,
                mcp_server=arguments.mcp or None,
                app_kwargs=stack.page_settings(create_api(service), service),
            )
        sys.stdout.flush()  # Gradio has printed the address: a log file needs it now, not at the end
        failure = stopping.Failure(stop.set)
        # Load after the page is up: before that, the two would only slow each other down.
        loader.start(failure.report if not loader.from_hub else lambda: None)
        stop.wait()
        stopping.close_page(demo, service)
    return failure.status


def serve_api(loader: ModelLoader, settings: options.Settings, arguments: argparse.Namespace) -> int:
    """Serve the API alone, under uvicorn, until a signal comes.

    Returns:
        The exit status: 1 if a model can't be loaded, because without a page nobody would see the reason.
    """
    place = addresses.find_place(arguments.host, arguments.port, page=False)
    surroundings.keep_loopback_from_proxies(place.host)

    def end(*_: object) -> None:  # on SIGTERM before uvicorn handles it, and again when uvicorn has finished
        loader.stop()
        leave(0)

    signal.signal(signal.SIGTERM, end)
    with paused_gc():
        from service.api.routes import create_api
        from service.middleware import stack
        from service.operate import json_log, printed, stopping
        from service.operate.state import Service

        service = Service.of(loader, settings)
        app = stack.guarded(create_api(service), service)
        server = stopping.ApiServer(app, service, place.host, place.port)
    failure = stopping.Failure(server.end)
    with printed.logged(), stopping.cleaned(loader.stop):
        # Before the loader, whose log lines would otherwise come into the middle of this one.
        print(f"* The API: http://{place.name}:{place.port}{addresses.prefix_of(settings.root)}/api/docs", flush=True)
        loader.start(failure.report)
        json_log.main_thread_serves()
        server.run()
    return failure.status


def leave(status: int) -> NoReturn:
    """End the process without Python's own exit, which aborts if a thread is importing TensorFlow."""
    logging.shutdown()
    with suppress(RuntimeError):  # a signal interrupted a write to it
        sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    leave(main())
