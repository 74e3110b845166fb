"""The criteria of the decision, with the definition, unit, direction and range of each.

Ranges don't depend on the two frameworks. A weight states what moving from the worst to the best end of a range is
worth ("swing weights", von Winterfeldt and Edwards 1986, "Decision Analysis and Behavioral Research", chapter 8).

Names, definitions and reasons are shown to readers and stored in decisions: published decisions quote them.
"""

import math

from decide.criteria.criterion import Criterion, Scale

FRAMEWORKS = ("PyTorch", "TensorFlow")
RATINGS = {
    -2: "strongly for PyTorch",
    -1: "rather for PyTorch",
    0: "for neither",
    1: "rather for TensorFlow",
    2: "strongly for TensorFlow",
}
ONCE = 0.2  # assumed spread of times and memory that were measured once, as a share: "to within 10 or 20 %"
SERVERLESS = "250 MB is what AWS Lambda unpacks from an archive, 10 GB the largest image that it runs"

MEASURED = (
    Criterion(
        "accuracy",
        "accuracy",
        "Quality",
        "share of test texts classified rightly, the mean over several trainings where there are some",
        "%",
        Scale(80.0, 100.0, False, "with every fifth answer wrong one has to check them all; 100 % is perfect", 1.0),
    ),
    Criterion(
        "robustness",
        "loss on damaged texts",
        "Quality",
        "accuracy lost on texts with typos, without punctuation, cut in half and so on, averaged over these",
        "points",
        Scale(20.0, 0.0, False, "20 points less and a good model is one that has to be checked; 0 is unharmed", 1.0),
    ),
    Criterion(
        "calibration",
        "calibration error beyond chance",
        "Quality",
        "how far confidence lies from accuracy, less what so many texts of a calibrated model would show by chance",
        "points",
        Scale(10.0, 0.0, False, "at 10 points a confidence threshold lets twice the errors pass that it says", 1.0),
    ),
    Criterion(
        "training_step",
        "training step",
        "Training",
        "seconds a step of the study's batch size, in turns with the other framework",
        "s",
        Scale(60.0, 0.1, True, "1,000 texts in batches of 16 take an hour an epoch at 60 s, six seconds at 0.1 s"),
        spread=ONCE,
        measures="training speed",
    ),
    Criterion(
        "training_start",
        "first training step",
        "Training",
        "seconds of the first step, which compiles, tunes or warms up",
        "s",
        Scale(120.0, 1.0, True, "after a second one is still at it; after two minutes one does something else"),
        spread=ONCE,
        measures="training speed",
    ),
    Criterion(
        "training_memory",
        "training memory",
        "Training",
        "largest resident memory of a training process, its libraries included",
        "MB",
        Scale(16_000.0, 1_000.0, True, "16 GB is a usual laptop, 1 GB the smallest rented machine"),
        spread=ONCE,
    ),
    Criterion(
        "cold_start",
        "cold start",
        "Serving",
        "seconds from the start of a process to its first answer: import, load, first call",
        "s",
        Scale(60.0, 1.0, True, "a start of a minute needs spare machines, one of a second needs none"),
        spread=ONCE,
    ),
    Criterion(
        "latency",
        "short-text latency",
        "Serving",
        "time to classify a single text of the shortest length measured (a headline)",
        "ms",
        Scale(1_000.0, 10.0, True, "a second interrupts a person's thought (Nielsen 1993); below 10 ms nobody notices"),
        spread=ONCE,
        measures="serving speed",
    ),
    Criterion(
        "latency_long",
        "long-text latency",
        "Serving",
        "time to classify a single text of the longest length measured (an article)",
        "ms",
        Scale(1_000.0, 10.0, True, "as for a short text"),
        spread=ONCE,
        measures="serving speed",
    ),
    Criterion(
        "throughput",
        "batch throughput",
        "Serving",
        "texts a second in the largest batch measured",
        "texts/s",
        Scale(1.0, 1_000.0, True, "a million texts take twelve days at 1 a second, a quarter of an hour at 1,000"),
        spread=ONCE,
        measures="serving speed",
    ),
    Criterion(
        "serving_memory",
        "serving memory",
        "Serving",
        "largest resident memory of a process that classified texts of all lengths, alone and together",
        "MB",
        Scale(8_000.0, 500.0, True, "8 GB is a small server to itself, 500 MB fits beside others anywhere"),
        spread=ONCE,
    ),
    Criterion(
        "energy",
        "energy",
        "Serving",
        "joules a text in the largest batch measured, of the whole processor",
        "J",
        Scale(100.0, 0.1, True, "a million texts take 28 kWh at 100 J, 28 Wh at 0.1 J"),
        spread=ONCE,
        measures="serving speed",
    ),
    Criterion(
        "model_size",
        "model files",
        "Footprint",
        "bytes of the folder that is published",
        "MB",
        Scale(1_000.0, 10.0, True, "1 GB takes minutes to fetch at each start, 10 MB go into a mobile app"),
        exact=True,
    ),
    Criterion(
        "install_size",
        "installed packages",
        "Footprint",
        "bytes of all packages that serving a model needs",
        "MB",
        Scale(10_000.0, 250.0, True, SERVERLESS),
        exact=True,
    ),
    Criterion(
        "explanation_time",
        "explanation time",
        "Explanations",
        "seconds of stock LIME with 5,000 samples over the framework's own way to classify, median of the articles",
        "s",
        Scale(600.0, 1.0, True, "a second can be asked for by everyone, ten minutes are for an audit"),
        spread=ONCE,
    ),
    Criterion(
        "faithfulness",
        "faithfulness of explanations",
        "Explanations",
        "log-odds that the answer loses when the words named as its reasons are deleted",
        "log-odds",
        Scale(0.0, 5.0, False, "0: the words named don't matter; at 5 odds of 150 to 1 are gone without them", 0.5),
        spread=ONCE,
    ),
    Criterion(
        "stability",
        "stability of explanations",
        "Explanations",
        "share of the ten heaviest words that an explanation with another seed names again",
        "%",
        Scale(50.0, 100.0, False, "at half, every other reason is drawn by lot", 5.0),
    ),
    Criterion(
        "code_size",
        "code to write",
        "Engineering",
        "logical lines of this project's trainer and classifier for the framework: one author's code",
        "lines",
        Scale(
            10_000.0,
            10.0,
            True,
            "10 lines call a finished pipeline, 10,000 are a project; another author may need twice as many",
            1.0,
        ),
        exact=True,
    ),
    Criterion(
        "deployability",
        "export formats that work",
        "Engineering",
        "of the formats tried for both, the share that works with the same answers; no way there counts as not working",
        "%",
        Scale(0.0, 100.0, False, "none: the model runs where its framework runs; all: anywhere", 10.0),
        exact=True,
    ),
    Criterion(
        "hub_models",
        "models on the Hub",
        "Adoption",
        "models for text classification that the Hugging Face Hub lists for the framework",
        "models",
        Scale(
            100.0, 1_000_000.0, True, "a hundred models rarely hold the one you need; each factor of ten counts alike"
        ),
        exact=True,
    ),
    Criterion(
        "search_interest",
        "search interest",
        "Adoption",
        "mean of Google Trends over the last year in the file that the team gave",
        "of 100",
        Scale(1.0, 100.0, True, "Google's own scale: 100 is the busiest week of the most searched term"),
        exact=True,
    ),
)
OPINIONS = (
    Criterion("skills", "skills at hand", "Opinion", "which framework the people who will do it know"),
    Criterion("hiring", "hiring", "Opinion", "for which framework people are easier to find where you hire"),
    Criterion(
        "estate", "existing estate", "Opinion", "which framework your models, pipelines and servers are made for"
    ),
    Criterion("change", "appetite for change", "Opinion", "which framework the team would rather move to or stay with"),
)
CRITERIA = MEASURED + OPINIONS
BY_KEY = {criterion.key: criterion for criterion in CRITERIA}
SCALES = {criterion.key: criterion.scale for criterion in MEASURED if criterion.scale is not None}
DOUBLED = math.log(2)  # a factor of two on a logarithmic axis
# The strongest opinion moves the score as much as a factor of two does on the narrowest logarithmic scale.
STRONGEST = max(DOUBLED / abs(math.log(scale.best / scale.worst)) for scale in SCALES.values() if scale.logarithmic)
GROUPS = tuple(dict.fromkeys(criterion.group for criterion in CRITERIA))
