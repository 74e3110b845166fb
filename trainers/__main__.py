"""Fine-tune the same BERT in PyTorch and in TensorFlow, one after the other, each in a process of its own.

python -m trainers --recipe demo --output runs/demo                      # about two minutes on 2 cores
python -m trainers --recipe base --corpus SetFit/bbc-news --output runs/bbc --push USER/bbc
"""

import argparse
import signal
import subprocess
import sys
from pathlib import Path

import corpus
import hub
from errors import one_sentence_errors
from trainers import job
from trainers.monitor import PROGRESS_FILE
from trainers.recipe import PRESETS, preset


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(prog="python -m trainers", description=__doc__.split("\n")[0])
    out.add_argument("--framework", choices=job.FRAMEWORKS, help="train only this one")
    out.add_argument("--recipe", default="small", help=f"{', '.join(PRESETS)} (default: small)")
    out.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change one setting of the recipe")
    out.add_argument("--encoder", help="`embedded`, a folder or a Hub id: short for --set encoder=…")
    out.add_argument("--seed", help="short for --set seed=…")
    out.add_argument("--corpus", default=corpus.SAMPLE, help="a file, a Hub data set id, or `sample` (default)")
    out.add_argument("--test", help="a file with the test split")
    out.add_argument("--text-column")
    out.add_argument("--label-column")
    out.add_argument("--drop-duplicates", action="store_true", help="drop texts that occur twice")
    out.add_argument("--output", type=Path, required=True, help="folder for the models, such as runs/NAME")
    out.add_argument("--push", metavar="USER/NAME", help="publish as USER/NAME-pytorch and USER/NAME-tensorflow")
    out.add_argument("--private", action="store_true", help="publish into private repositories")
    out.add_argument("--resume", action="store_true", help="go on from checkpoints; keep what is finished")
    return out


@one_sentence_errors
def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when every training ended well."""
    arguments = parser().parse_args(argv)
    if arguments.framework:
        return _train(arguments)
    for framework in job.FRAMEWORKS:
        status = _run_process(["--framework", framework, *(sys.argv[1:] if argv is None else argv)])
        if status:
            return status
    return 0


def _train(arguments: argparse.Namespace) -> int:
    settings = list(arguments.set)
    settings += [f"encoder={arguments.encoder}"] if arguments.encoder else []
    settings += [f"seed={arguments.seed}"] if arguments.seed else []
    recipe = preset(arguments.recipe).with_settings(settings)
    repo_id = f"{arguments.push}-{arguments.framework}" if arguments.push else ""
    if repo_id:
        hub.check_write_access(repo_id)
    data = corpus.load(
        arguments.corpus,
        arguments.test,
        text_column=arguments.text_column,
        label_column=arguments.label_column,
        seed=recipe.seed,
        drop_duplicates=arguments.drop_duplicates,
    )
    for warning in data.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    task = job.Job(arguments.framework, recipe, data, arguments.output, repo_id)
    try:
        folder = job.run(task, resume=arguments.resume)
    finally:
        (arguments.output / PROGRESS_FILE).unlink(missing_ok=True)
    print(f"{folder}: {job.summary(folder)}")
    if repo_id:
        published = hub.publish(folder, repo_id, private=arguments.private)
        print(f"published {published.url} at {published.tag} ({published.revision[:12]})")
    return 0


def _run_process(arguments: list[str]) -> int:
    """Run this command in a process of its own; SIGTERM and Ctrl-C go on to it, and it ends in its own way."""
    with subprocess.Popen([sys.executable, "-m", "trainers", *arguments]) as process:
        before = {
            name: signal.signal(name, lambda *_: process.send_signal(signal.SIGTERM))
            for name in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            return process.wait()
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)


if __name__ == "__main__":
    sys.exit(main())
