"""Fine-tune the same BERT in PyTorch and in TensorFlow, one after the other, each in a separate process.

bakeoff train --recipe demo --output runs/demo                      # about two minutes on 2 cores
bakeoff train --recipe base --corpus SetFit/bbc-news --output runs/bbc --push USER/bbc
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

from bakeoff.common import options
from bakeoff.common.errors import Interrupted, RecipeError, TrainingError, one_sentence_errors
from bakeoff.common.root import ROOT
from bakeoff.corpus import corpus
from bakeoff.hub import access, publish
from trainers import job
from trainers.recipe import PRESETS, Recipe, preset


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    out = options.command("train", __doc__, "bakeoff train --corpus news.csv --recipe demo --output runs/news")
    out.add_argument("--framework", choices=job.FRAMEWORKS, help="train only this one")
    out.add_argument("--recipe", default="small", help=f"one of {', '.join(PRESETS)}")
    out.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change one setting of the recipe")
    out.add_argument("--encoder", metavar="MODEL", help="`embedded`, a folder or a Hub id: short for --set encoder=…")
    out.add_argument("--seed", metavar="N", help="seed of the training: short for --set seed=… (default: the recipe's)")
    out.add_argument(
        "--seeds", type=int, default=0, metavar="N", help="train N pairs, from --seed on, into OUTPUT/seed-*"
    )
    corpus.add_corpus(out, "to train and test on")
    options.add_output(out, "folder for the pair of models; earlier ones are replaced", metavar="DIR", required=True)
    out.add_argument("--push", metavar="USER/NAME", help="publish as USER/NAME-pytorch and USER/NAME-tensorflow")
    out.add_argument("--private", action="store_true", help="publish into private repositories")
    out.add_argument(
        "--overwrite",
        action="store_true",
        help="publish although the repository holds files that Bakeoff did not write: those of the names that it writes"
        " are replaced, all others stay",
    )
    out.add_argument("--resume", action="store_true", help="resume from checkpoints; keep what is finished")
    options.add_quiet(out)
    return out


@one_sentence_errors
def main(argv: list[str] | None = None) -> int:
    """Run the command, and return 0 when every training ended well."""
    arguments = parser().parse_args(argv)
    # With several GPUs, Trainer would use all and Keras one. Both get the first unless the user names another.
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")
    _check_publishing(arguments)
    if arguments.framework and not arguments.seeds:
        return _train(arguments)
    for flags in _processes(arguments):
        status = _run_process([*(sys.argv[1:] if argv is None else argv), *flags])
        if status:
            return status
    return 0


def _check_publishing(arguments: argparse.Namespace) -> None:
    """Fail before the first training if any result could not be published.

    Raises:
        RecipeError: a flag says how to publish, but nothing is published.
        HubError: a repository can't be published to.
    """
    for flag in ("private", "overwrite"):
        if getattr(arguments, flag) and not arguments.push:
            raise RecipeError(
                f"--{flag} says how to publish, but nothing is published without --push USER/NAME; add it."
            )
    if arguments.push and not arguments.seeds:
        for framework in [arguments.framework] if arguments.framework else job.FRAMEWORKS:
            access.check_write_access(
                f"{arguments.push}-{framework}", private=arguments.private, overwrite=arguments.overwrite
            )


def _processes(arguments: argparse.Namespace) -> Iterator[list[str]]:
    """Yield the flags of each process to run. They follow the user's flags, and the last of two equal flags wins."""
    frameworks = [arguments.framework] if arguments.framework else job.FRAMEWORKS
    if not arguments.seeds:
        yield from (["--framework", framework] for framework in frameworks)
        return
    if arguments.seeds < 0 or arguments.push:
        raise RecipeError("--seeds takes a number of pairs, at least 1, and no --push: publish one of them afterwards.")
    first = recipe_for(arguments).seed
    for seed in range(first, first + arguments.seeds):
        output = str(arguments.output / f"seed-{seed}")
        yield from (
            ["--framework", framework, "--seed", str(seed), "--output", output, "--seeds", "0"]
            for framework in frameworks
        )


def recipe_for(arguments: argparse.Namespace) -> Recipe:
    """Return the recipe that the flags ask for.

    Raises:
        RecipeError: a setting is invalid or out of range.
    """
    settings = list(arguments.set)
    settings += [f"encoder={arguments.encoder}"] if arguments.encoder else []
    settings += [f"seed={arguments.seed}"] if arguments.seed else []
    return preset(arguments.recipe).with_settings(settings)


def _train(arguments: argparse.Namespace) -> int:
    recipe = recipe_for(arguments)
    repo_id = f"{arguments.push}-{arguments.framework}" if arguments.push else ""
    data = corpus.from_options(arguments)
    for warning in data.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    work = job.Job(arguments.framework, recipe, data, arguments.output, repo_id, arguments.quiet)
    folder = job.run(work, resume=arguments.resume)
    print(f"{folder}: {job.summary(folder)}")
    if repo_id:
        published = publish.publish(
            folder,
            repo_id,
            private=arguments.private,
            overwrite=arguments.overwrite,
            progress=lambda text: options.note(arguments, text),
        )
        print(f"published {published.url} at {published.tag} ({published.revision[:12]})")
    return 0


def _run_process(arguments: list[str]) -> int:
    """Run this command in a separate process, and pass SIGTERM and Ctrl-C on, so that it saves its checkpoint.

    Raises:
        Interrupted: the process had finished its work when the signal came, so no other process is started.
    """
    process, stopped = None, False

    def stop(*_) -> None:
        nonlocal stopped
        stopped = True
        if process is not None:
            process.send_signal(signal.SIGTERM)

    before = {name: signal.signal(name, stop) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        # -P and PYTHONPATH keep a folder `trainers` in the current folder from hiding ours.
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-P", "-m", "trainers", *arguments]
        process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path})
        if stopped:
            process.send_signal(signal.SIGTERM)
        status = process.wait()
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
    if stopped and not status:
        raise Interrupted("stopped between two trainings; run the same command with --resume to continue.")
    if status < 0 and not stopped:
        raise TrainingError(f"the training was killed by signal {-status}; if that is 9, the memory may be too small.")
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
