"""What Binder would build: the Dockerfile that repo2docker makes of this repository, and what is pinned for it."""

import json
import os
import re
import shutil
import subprocess
import tomllib
import warnings
from pathlib import Path

import jsonschema
import pytest
from jupyterlab.commands import get_app_dir
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHON = "3.12"
LINES = [line for line in (BINDER / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
PINS = {canonicalize_name(pin.name): pin for pin in map(Requirement, LINES)}


def wanted():
    """Everything a visitor needs, and the tools that build the package."""
    extras = PROJECT["project"]["optional-dependencies"]
    return [
        *PROJECT["project"]["dependencies"],
        *extras["notebook"],
        *extras["dashboard"],
        *PROJECT["build-system"]["requires"],
    ]


@pytest.fixture(scope="module")
def pack():
    """The build pack that repo2docker picks, as it picks it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from repo2docker.app import Repo2Docker
    app = Repo2Docker()
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        pack = next(pack for kind in app.buildpacks if (pack := kind(base_image=app.base_image)).detect())
        pack.platform = "linux/amd64"
        yield pack
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def dockerfile(pack):
    return pack.render(build_args={})


class TestDockerfile:
    def test_the_plain_python_pack_is_picked(self, pack):
        assert type(pack).__name__ == "PythonBuildPack"
        assert pack.python_version == PYTHON

    def test_what_is_pinned_is_installed_before_the_repository_is_copied(self, dockerfile):
        install = dockerfile.index('pip install --no-cache-dir -r "binder/requirements.txt"')
        assert install < dockerfile.index("COPY --chown=1000:1000 src/ ${REPO_DIR}/")

    def test_the_project_itself_is_installed_by_post_build_alone(self, dockerfile):
        assert "pip install --no-cache-dir ." not in dockerfile
        assert "RUN ./binder/postBuild" in dockerfile

    def test_chinese_letters_are_there(self, dockerfile):
        assert "fonts-noto-cjk" in dockerfile

    def test_no_other_place_says_what_to_build(self):
        others = ("environment.yml", "requirements.txt", "runtime.txt", "apt.txt", "postBuild", ".binder", "Dockerfile")
        assert not [name for name in others if (ROOT / name).exists()]


class TestPins:
    def test_every_line_is_one_exact_version(self):
        for pin in PINS.values():
            assert [one.operator for one in pin.specifier] == ["=="], str(pin)
            assert "*" not in str(pin.specifier)
            assert pin.url is None

    def test_nothing_is_pinned_twice(self):
        assert len(PINS) == len(LINES)

    @pytest.mark.parametrize("text", wanted())
    def test_everything_needed_is_pinned_within_its_range(self, text):
        need = Requirement(text)
        pin = PINS[canonicalize_name(need.name)]
        (version,) = (one.version for one in pin.specifier)
        assert need.specifier.contains(Version(version))

    def test_the_package_itself_is_not_pinned(self):
        assert PROJECT["project"]["name"] not in PINS


class TestPostBuild:
    @pytest.fixture
    def ran(self, tmp_path):
        """Run postBuild with a pip that only writes down what it is asked."""
        pip = tmp_path / "bin" / "pip"
        pip.parent.mkdir()
        pip.write_text('#!/bin/sh\necho "$@" >> "$NB_PYTHON_PREFIX/asked"\n')
        pip.chmod(0o755)
        surroundings = {"PATH": f"{pip.parent}:{os.environ['PATH']}", "NB_PYTHON_PREFIX": str(tmp_path)}
        subprocess.run([BINDER / "postBuild"], cwd=ROOT, env=surroundings, check=True)
        return tmp_path

    def test_the_project_is_installed_and_nothing_is_fetched(self, ran):
        (asked,) = (ran / "asked").read_text().splitlines()
        assert asked.split() == ["install", "--no-cache-dir", "--no-deps", "--no-build-isolation", "."]

    def test_jupyterlab_finds_the_settings(self, ran):
        copied = ran / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
        assert copied.read_text() == (BINDER / "overrides.json").read_text()

    def test_the_script_that_writes_the_pins_is_a_shell_script(self):
        subprocess.run([shutil.which("sh"), "-n", BINDER / "update-pins"], check=True)
        assert os.access(BINDER / "update-pins", os.X_OK)


class TestBadges:
    """`binder/badges` writes the links that open a published copy."""

    @pytest.fixture
    def copy(self, tmp_path):
        for name in ("README.md", "README.zh.md", "binder/badges"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
        return tmp_path

    def call(self, copy, *words):
        return subprocess.run([copy / "binder" / "badges", *words], capture_output=True, text=True)

    @pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
    def test_both_readmes_get_one_badge_for_lab_and_one_for_voila(self, copy, name):
        before = (copy / name).read_text(encoding="utf-8")
        for owner in ("somebody/first", "somebody/second"):
            assert self.call(copy, owner).returncode == 0
        after = (copy / name).read_text(encoding="utf-8")
        (line,) = set(after.splitlines()) - set(before.splitlines())
        links = re.findall(r"\((https://mybinder.org/v2/[^)]*)\)", line)
        assert links == [
            "https://mybinder.org/v2/gh/somebody/second/HEAD?urlpath=lab/tree/notebooks/01-first-look.ipynb",
            "https://mybinder.org/v2/gh/somebody/second/HEAD?urlpath=voila/render/notebooks/01-first-look.ipynb",
        ]
        assert after.replace(line + "\n", "") == before

    @pytest.mark.parametrize("words", [(), ("",), ("nobody",), ("a/b/c",), ("a b/c",), ("/c",), ("a/",)])
    def test_anything_but_owner_and_repository_changes_nothing(self, copy, words):
        before = (copy / "README.md").read_text(encoding="utf-8")
        said = self.call(copy, *words)
        assert said.returncode == 2
        assert "OWNER/REPOSITORY" in said.stderr
        assert (copy / "README.md").read_text(encoding="utf-8") == before


class TestOverrides:
    @pytest.mark.parametrize("plugin", json.loads((BINDER / "overrides.json").read_text()))
    def test_jupyterlab_knows_every_setting(self, plugin):
        """Checked against the schemas that the tested JupyterLab ships."""
        package, _, name = plugin.partition(":")
        schema = json.loads((Path(get_app_dir()) / "schemas" / package / f"{name}.json").read_text())
        settings = json.loads((BINDER / "overrides.json").read_text())[plugin]
        assert set(settings) <= set(schema["properties"])
        jsonschema.validate(settings, schema)
