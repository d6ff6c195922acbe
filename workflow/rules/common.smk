# The plan, and the functions by which the rules look their step up in it.
import json
import subprocess
from pathlib import Path

from snakemake.utils import validate

CONFIG_SCHEMA = workflow.source_path("../../schemas/config.schema.json")

# What this workflow takes besides the keys of attentrack's config.yaml: where its files go, the folder
# that paths in the configuration lead from, and whether rules outside make some of the files it names
OUT = str(config.get("outdir", "results"))
BASE = Path(config.get("base", ""))
if "base" not in config and workflow.configfiles:
    BASE = Path(workflow.configfiles[0]).parent
    if BASE.is_relative_to(Path.cwd()):
        # so that a project that moves is not done again
        BASE = BASE.relative_to(Path.cwd())
SETTINGS = {
    key: value
    for key, value in config.items()
    if key not in ("outdir", "base", "allow_missing")
}
if not SETTINGS:
    raise WorkflowError(
        "give --configfile config.yaml (examples/quickstart/config.yaml shows its keys)"
    )


def make_plan():
    """The steps of the chain, as `attentrack plan` gives them."""
    command = ["attentrack", "plan", "-", f"--base={BASE}", f"--outdir={OUT}"]
    if workflow.configfiles:
        # messages name the file that the user wrote, not what Snakemake hands over
        command.append(f"--source={workflow.configfiles[0]}")
    if config.get("allow_missing"):
        command.append("--allow-missing")
    try:
        done = subprocess.run(
            command, input=json.dumps(SETTINGS), capture_output=True, text=True
        )
    except FileNotFoundError:
        raise WorkflowError(
            "attentrack is not on the PATH: the workflow starts with it"
        )
    if done.returncode != 0:
        raise WorkflowError(done.stderr.strip())
    plan = json.loads(done.stdout)
    inputs = [file["path"] for step in plan["steps"] for file in step["inputs"]]
    for path in [OUT, *inputs]:
        if set("{}<>") & set(path):
            raise WorkflowError(
                f"{path}: Snakemake takes {{ }} and < > in a path for names of its own: "
                "rename it, or use Nextflow or attentrack run"
            )
    return plan


PLAN = make_plan()
if workflow.is_main_process:
    # the plan explains a mistake in words; the schema sees that workflow and attentrack fit together
    validate(SETTINGS, CONFIG_SCHEMA, set_default=False)
STEPS = {(step["stage"], step["id"]): step for step in PLAN["steps"]}


def step_of(stage, wildcards):
    """The step of a stage for the sample or the run that the wildcards name."""
    name = wildcards.get("sample", wildcards.get("run"))
    if (stage, name) not in STEPS:
        raise WorkflowError(f"the plan has no attentrack-{stage} of {name}")
    return STEPS[stage, name]


def inputs(stage):
    """An input function: the files that the step reads."""
    return lambda wildcards: [
        file["path"] for file in step_of(stage, wildcards)["inputs"]
    ]


def command(stage):
    """A parameter function: the step's command, as a shell takes it."""
    return lambda wildcards: step_of(stage, wildcards)["command"]


def wanted(stage, flag, path):
    """The output behind a flag, where the steps of the stage have that flag."""
    commands = [step["command"] for step in PLAN["steps"] if step["stage"] == stage]
    return [path] if any(f" {flag} " in command for command in commands) else []


def gres(stage):
    """A resource function: the GPU that the step asks for, or nothing, in Slurm's words."""
    return lambda wildcards: ("gpu:1" if step_of(stage, wildcards)["needs_gpu"] else "")
