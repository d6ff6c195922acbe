"""What can be said of containers, recipe and release without building them."""

import os
import re
import shutil
import subprocess
import unittest

from support import ROOT, Project, needs

PACKAGING = ROOT / "workflow/packaging"
STAGES = [path.stem.removeprefix("attentrack-") for path in (ROOT / "src/bin").glob("attentrack-*.rs")]
VERSION = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]


class Packaging(Project):
    def test_the_dockerfile_copies_what_is_there_and_cleans_up(self):
        text = (PACKAGING / "Dockerfile").read_text().replace("\\\n", " ")
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        stages = [line.split()[-1] for line in lines if line.startswith("FROM")]
        self.assertEqual(stages, ["build-cpu", "build-cuda", "cuda", "cpu"])
        for line in lines:
            word, _, rest = line.partition(" ")
            self.assertIn(word, ("ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "LABEL", "SHELL", "CMD"), line)
            if word == "FROM":
                self.assertRegex(rest, r"^[\w/]+:\S*[\w}] AS ", "an image without a version")
                self.assertNotIn(":latest", rest)
            if word == "COPY" and not rest.startswith("--from"):
                for source in rest.split()[:-1]:
                    self.assertTrue((ROOT / source).exists(), line)
            if word == "COPY" and rest.startswith("--from"):
                self.assertIn(re.search(r"--from=(\S+)", rest)[1], stages)
            if "apt-get install" in line:
                self.assertIn("--no-install-recommends", line)
                self.assertIn("rm -rf /var/lib/apt/lists/*", line)
                self.assertIn("apt-get update", line)
        for image in text.split("FROM ")[3:]:
            self.assertIn("bash procps", image)
            self.assertIn(f'version="{VERSION}"', image)

    def test_what_the_build_copies_is_enough_for_cargo(self):
        ignored = (PACKAGING / "Dockerfile.dockerignore").read_text().splitlines()
        for name in (line[1:] for line in ignored if line.startswith("!")):
            for source in ROOT.glob(name):
                target = self.dir / source.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        said = self.sh(["cargo", "metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"])
        for stage in STAGES:
            self.assertIn(f'"attentrack-{stage}"', said)

    def test_the_definition_of_apptainer_copies_what_is_there(self):
        text = (PACKAGING / "apptainer.def").read_text()
        files = re.search(r"^%files\n((?:    .*\n)+)", text, re.MULTILINE)[1].split("\n")[:-1]
        for line in files:
            source, target = line.split()
            self.assertTrue((ROOT / source).exists(), line)
            self.assertEqual(target, f"/src/{source}")
        used = set(re.findall(r"{{ (\w+) }}", text))
        known = set(re.findall(r"^    (\w+)=", text, re.MULTILINE))
        self.assertEqual(used, known)
        given = dict(line.split("=", 1) for line in (PACKAGING / "apptainer-cuda.args").read_text().splitlines())
        self.assertLessEqual(set(given), known)
        self.assertIn(VERSION, text)

    def test_the_recipe_is_whole(self):
        try:
            import jinja2
            import yaml
        except ImportError:
            self.skipTest("jinja2 and PyYAML are not installed (.ci/install)")
        text = (PACKAGING / "conda/meta.yaml").read_text()
        known = {
            "compiler": lambda language: f"{language}-compiler",
            "stdlib": lambda language: f"{language}-stdlib",
            "pin_subpackage": lambda name, max_pin: f"{name} {max_pin}",
        }
        environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
        recipe = yaml.safe_load(environment.from_string(text).render(known))
        self.assertEqual(recipe["package"], {"name": "attentrack", "version": VERSION})
        source = PACKAGING / "conda" / recipe["source"]["path"]
        self.assertTrue((source / "Cargo.toml").exists())
        for stage in STAGES:
            self.assertIn(f"attentrack-{stage} --help", recipe["test"]["commands"])
        for name in recipe["about"]["license_file"]:
            made = name in (PACKAGING / "conda/build.sh").read_text()
            self.assertTrue(made or (ROOT / name).exists(), name)

    def test_scripts_are_sound_for_bash(self):
        for script in ("install.sh", "conda/build.sh"):
            self.sh(["bash", "-n", PACKAGING / script])
            self.assertTrue(os.access(PACKAGING / script, os.X_OK), script)

    @needs("hadolint")
    def test_the_dockerfile_is_clean_for_its_linter(self):
        self.sh(["hadolint", PACKAGING / "Dockerfile"])

    @needs("shellcheck")
    def test_scripts_are_clean_for_their_linter(self):
        ours = [ROOT / ".ci" / name for name in ("install", "run", "slurm", "nextflow/install")]
        self.sh(["shellcheck", PACKAGING / "install.sh", PACKAGING / "conda/build.sh", *ours])

    @needs("zizmor")
    def test_the_release_workflow_is_clean_for_its_auditor(self):
        self.sh(["zizmor", "--offline", "--no-progress", ROOT / ".github/workflows/release.yml"])

    @needs("check-jsonschema")
    def test_the_release_workflow_fits_its_schema(self):
        release = ROOT / ".github/workflows/release.yml"
        self.sh(["check-jsonschema", "--builtin-schema", "vendor.github-workflows", release])
        text = release.read_text()
        for target in ("x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "aarch64-apple-darwin"):
            self.assertIn(f"target: {target},", text)
        # every expression names something that the workflow or GitHub defines
        for name in re.findall(r"\${{ (.*?) }}", text):
            self.assertRegex(name, r"^(matrix\.(target|runner)|github\.(token|repository|ref_name))$")
        scripts = re.findall(r"run: \|\n((?: {10}.*\n)+)", text) + re.findall(r"run: (?!\|)(.*)\n", text)
        self.assertGreater(len(scripts), 6)
        for script in scripts:
            subprocess.run(["bash", "-n"], input=script, text=True, check=True)


if __name__ == "__main__":
    unittest.main()
