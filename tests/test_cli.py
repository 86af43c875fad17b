"""The commands as a user meets them: what they print, write, refuse, and with which exit code."""

from __future__ import annotations

import io
import json
import re
import socket
import sys
from pathlib import Path

import pandas as pd
import pytest

from rareearth_nlp.cli import main
from rareearth_nlp.resources import shipped

ARTICLE = str(shipped("seeds", "articles", "baogang_2025_targets.txt"))


@pytest.fixture
def project(capsys: pytest.CaptureFixture[str]) -> Path:
    """A project made by `init`, as the working folder sees it."""
    assert main(["init", "project"]) == 0
    capsys.readouterr()
    return Path("project")


def _refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line on stderr of a refused command, which leaves no new file."""
    before = sorted(Path().rglob("*"))
    try:
        code = main(arguments)
    except SystemExit as exit_:
        code = int(str(exit_.code))
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    (line,) = [line for line in err.splitlines() if not line.startswith("tagger ")]
    assert line.startswith("error: ")
    assert sorted(Path().rglob("*")) == before
    return line


def test_init_prints_three_commands_that_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "project"]) == 0
    commands = re.findall(r"^  rareearth-nlp (.+)$", capsys.readouterr().out, re.MULTILINE)
    assert len(commands) == 3
    check, train, predict = (command.split(maxsplit=1) for command in commands)
    assert main(["corpus", "check", check[1].split()[-1]]) == 0
    assert main([train[0], train[1], "model.family=tfidf"]) == 0
    assert main([predict[0], predict[1].strip('"')]) == 0
    assert "Salar Blanco will train forty drillers." in capsys.readouterr().out


def test_init_leaves_a_full_folder_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is not empty; name a new folder" in _refused(["init", str(project)], capsys)


def test_csv_trains_like_json_lines(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digests = []
    for name in ("corpus.jsonl", "corpus.csv"):
        assert main(["corpus", "check", str(project / "config.yaml"), f"corpus.path={project / name}"]) == 0
        digests.append(capsys.readouterr().out.splitlines()[-1])
    assert digests[0] == digests[1]
    assert (
        main(["train", str(project / "config.yaml"), f"corpus.path={project / 'corpus.csv'}", "model.family=tfidf"])
        == 0
    )


def test_train_says_where_things_lie(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(project / "config.yaml"), "model.family=tfidf", "calibration.folds=2"]) == 0
    out = capsys.readouterr().out
    assert not list(Path("taggers/.checkpoints").iterdir())
    (folder,) = Path("taggers").glob("[!.]*")
    assert str(folder.resolve()) in out
    assert f"mlflow ui --backend-store-uri 'sqlite:///{Path('tracking/mlflow.db').resolve()}'" in out


def test_evaluate_in_both_shapes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", str(project / "config.yaml"), "model.family=tfidf", "corpus.validation=0.2", "corpus.test=0.2"])
    capsys.readouterr()
    assert main(["evaluate"]) == 0
    assert "Validation, tagger" in capsys.readouterr().out
    assert main(["evaluate", "--split", "test", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["themes"]["labels"].keys() == {"water", "jobs"}
    import mlflow

    runs = mlflow.search_runs(experiment_names=["rareearth-nlp"], output_format="list")
    assert [run.data.tags["split"] for run in runs if "split" in run.data.tags] == ["test", "validation"]


def test_predict_speaks_json_lines(tfidf_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["Wells ran dry. The union won.", "Rain fell."]
    assert main(["predict", *texts, "--json", "--target", "a pipe", "--tagger", str(tfidf_folder)]) == 0
    shapes = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [len(shape["sentences"]) for shape in shapes] == [2, 1]
    assert list(shapes[0]["sentences"][0]["stances"]) == ["a pipe"]


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv", "html"])
def test_tag_writes_each_kind(suffix: str, tfidf_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tag", ARTICLE, "-o", f"out/tags.{suffix}", "--tagger", str(tfidf_folder)]) == 0
    assert Path(f"out/tags.{suffix}").stat().st_size > 1000
    assert capsys.readouterr().out == ""


def test_a_batch_skips_what_it_cannot_read(tfidf_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path("articles/deep")
    folder.mkdir(parents=True)
    (folder / "one.txt").write_text("Wells ran dry. The union won.")
    (folder / "two.html").write_text("<html><body><article><p>Brine leaked for a week.</p></article></body></html>")
    (folder / "three.txt").write_bytes(bytes(range(256)) * 10)
    (folder / "notes.docx").write_text("not an article")
    Path("empty").mkdir()
    inputs = ["articles", "gone.txt", "empty"]
    assert main(["tag", *inputs, "-o", "tags.parquet", "--tagger", str(tfidf_folder)]) == 1
    err = capsys.readouterr().err
    assert "skipped articles/deep/three.txt: binary" in err
    assert "skipped gone.txt: cannot be read (No such file or directory)" in err
    assert "skipped empty: the folder holds no .txt" in err
    assert "tags.parquet: 2 tagged, 3 skipped" in err
    assert set(pd.read_parquet("tags.parquet")["document_id"]) == {"articles/deep/one.txt", "articles/deep/two.html"}


def test_a_folder_holds_articles_and_other_things(tfidf_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("inbox/news_files").mkdir(parents=True)
    Path("inbox/own_files").mkdir()
    for name in ("news.html", "news_files/saved_resource.html", "own_files/a.html", "tags.html"):
        Path("inbox", name).write_text("<html><body><article><p>Brine leaked for a week.</p></article></body></html>")
    words = ["tag", "inbox", "./inbox/news.html", "--overwrite", "--tagger", str(tfidf_folder), "-o"]
    assert main([*words, "inbox/tags.html"]) == 0
    assert "inbox/tags.html: 2 tagged, 0 skipped" in capsys.readouterr().err


def test_tag_reads_standard_input(tfidf_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Wells ran dry – again.".encode("cp1252"))))
    assert main(["tag", "-", "-o", "tags.jsonl", "--tagger", str(tfidf_folder)]) == 0
    assert json.loads(Path("tags.jsonl").read_text())["document"]["id"] == "stdin"


def test_a_text_that_is_not_english_is_warned_of(tfidf_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("de.txt").write_text(
        "Die Regierung hat am Dienstag beschlossen, den Abbau seltener Erden stärker zu fördern. " * 3
    )
    assert main(["tag", "de.txt", "-o", "tags.jsonl", "--tagger", str(tfidf_folder)]) == 0
    assert "warning: de.txt: looks like 'de', not English" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "holds no sentence"), (b"\x00\x01\x02\xff" * 50, "binary"), (None, "cannot be read")],
)
def test_a_single_bad_article_is_refused(
    content: bytes | None, message: str, tfidf_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        Path("bad.txt").write_bytes(content)
    line = _refused(["tag", "bad.txt", "-o", "tags.jsonl", "--tagger", str(tfidf_folder)], capsys)
    assert "bad.txt" in line
    assert message in line


def test_an_existing_result_is_refused_before_any_work(capsys: pytest.CaptureFixture[str]) -> None:
    Path("tags.jsonl").write_text("precious")
    assert "add --overwrite" in _refused(["tag", ARTICLE, "-o", "tags.jsonl"], capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "model.epocs=3"], "did you mean 'epochs'?"),
        (["train", "nowhere.yaml"], "no configuration 'nowhere.yaml': expected a YAML file or one of encoder, tfidf"),
        (["train", "encoder", "tfidf"], "expected one configuration, got encoder and tfidf"),
        (["train", "corpus.path=empty.jsonl"], "the corpus is empty"),
        (["train", "corpus.path=theme.jsonl"], "theme.jsonl:2: unknown theme 'reforn'; did you mean 'reform'?"),
        (["train", "corpus.path=broken.jsonl"], "broken.jsonl:1: broken JSON"),
        (["train", "corpus.labels=gone.yaml"], "gone.yaml: expected a readable YAML file, got No such file"),
        (["train", "model.weights=./gone"], "no such folder"),
        (["train", "tfidf", "distillation.teachers=[a]"], "only an encoder learns from teachers"),
        (["demo", "tfidf"], "expected key=value, got 'tfidf'"),
        (["predict", "Rain fell."], "make one with: rareearth-nlp train"),
        (["predict", "Rain fell.", " "], "text 2: holds no sentence to tag"),
        (["predict", "Rain fell.", "--tagger", "gone"], "gone: no such tagger directory"),
        (["tag", "a.txt", "-o", "tags.xlsx"], "expected a file that ends in"),
        (["tga"], "invalid choice: 'tga'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_bad_input_gets_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    good = {"id": "a", "document_id": "d", "text": "Rain fell.", "themes": []}
    Path("empty.jsonl").write_text("\n")
    Path("broken.jsonl").write_text('{"id": "a", \n')
    Path("theme.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(good | {'id': 'b', 'themes': ['reforn']})}\n")
    assert message in _refused(arguments, capsys)


def test_a_corpus_without_pairs_is_trained_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = project / "corpus.jsonl"
    rows = [json.loads(line) | {"stance": {}} for line in corpus.read_text().splitlines()]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["train", str(project / "config.yaml"), "model.family=tfidf"]) == 0
    assert "tagger     " in capsys.readouterr().out


def test_a_port_that_is_taken(tfidf_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = _refused(["serve", "--port", port, "--tagger", str(tfidf_folder)], capsys)
    assert f"cannot listen at 127.0.0.1:{port}" in told


def test_a_store_that_cannot_be_used(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nosuch://store")
    assert main(["train", str(project / "config.yaml"), "model.family=tfidf"]) == 2
    assert "the MLflow store nosuch://store cannot be used" in capsys.readouterr().err
    assert not [file for file in Path("taggers").rglob("*") if file.is_file()]


def test_a_split_that_is_empty_names_the_full_one(tfidf_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": "a", "document_id": "a", "text": "Water fell.", "themes": [], "split": "test"}
    Path("other.jsonl").write_text(json.dumps(row))
    assert main(["evaluate", "other.jsonl", "--tagger", str(tfidf_folder)]) == 2
    assert "its validation split is empty; ask for --split test" in capsys.readouterr().err


def test_corpus_check_lists_every_problem(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.jsonl").write_text('{"id": "a"}\nno json\n{"id": "b", "document_id": "d", "text": "x", "theme": []}\n')
    assert main(["corpus", "check", "corpus.path=bad.jsonl"]) == 2
    out, err = capsys.readouterr()
    file = Path("bad.jsonl").resolve()
    assert [line.split()[0] for line in out.splitlines()] == [f"{file}:1:", f"{file}:2:", f"{file}:3:"]
    assert err == f"error: {file}: 3 problems; mend them and check again\n"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert re.fullmatch(r"rareearth-nlp \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


def test_an_interruption_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from rareearth_nlp.commands import corpus

    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(corpus, "check", interrupt)
    assert main(["corpus", "check"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_the_gate_says_pass_or_fail_and_counts_its_readings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shares = ["corpus.validation=0.2", "corpus.test=0.3", "model.family=tfidf"]
    for seed in (1, 2):
        assert main(["train", str(project / "config.yaml"), *shares, f"random_seed={seed}"]) == 0
    folders = sorted(map(str, Path("taggers").glob("[!.]*")))
    assert main(["gate", "raise", *folders, "--floors", "floors.yaml"]) == 0
    capsys.readouterr()
    assert main(["gate", "check", "--tagger", folders[0], "--floors", "floors.yaml"]) == 0
    out, err = capsys.readouterr()
    assert out == "pass\n"
    assert "reading 3 of this test split" in err
    never = [f"--threshold={label}=0.999" for label in ("water", "jobs", "favor", "against")]
    code = main(["gate", "check", "--tagger", folders[0], "--floors", "floors.yaml", *never])
    out, err = capsys.readouterr()
    assert (code, out) == (1, "fail\n")
    assert f"see on validation where: rareearth-nlp evaluate --tagger {folders[0]}" in err
    corpus = project / "corpus.jsonl"
    corpus.write_text("\n".join(corpus.read_text().splitlines()[:-1]))
    assert main(["gate", "check", "--tagger", folders[0], "--floors", "floors.yaml"]) == 2
    assert "has changed since tagger" in capsys.readouterr().err


def test_the_gate_refuses_before_it_reads(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for setting in ("random_seed=1", "model.regularization=2"):
        main(["train", str(project / "config.yaml"), "model.family=tfidf", "corpus.test=0.3", setting])
    first, second = sorted(map(str, Path("taggers").glob("[!.]*")))
    capsys.readouterr()
    alone = _refused(["gate", "raise", first, "--floors", "new.yaml"], capsys)
    assert "expected two taggers or more, each of another random seed, got those of 1" in alone
    unlike = _refused(["gate", "raise", first, second, "--floors", "new.yaml"], capsys)
    assert "differ in their random seed only, these differ in model; train them alike" in unlike
    assert "no floors yet" in _refused(["gate", "check", "--floors", "none.yaml"], capsys)
    other = {"test_digest": "0" * 64, "champion": "x", "f1": {}, "counts": {}}
    Path("other.yaml").write_text(json.dumps(other))
    assert main(["gate", "check", "--tagger", first, "--floors", "other.yaml"]) == 2
    err = capsys.readouterr().err
    assert "the floors are of the test split 000000000000" in err
    assert "reading" not in err  # none is counted


def test_an_evaluation_as_a_page(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", str(project / "config.yaml"), "model.family=tfidf"])
    assert main(["evaluate", "--out", "page.html"]) == 0
    assert "<svg" in Path("page.html").read_text()
    capsys.readouterr()
    assert "its folder does not exist" in _refused(["evaluate", "--out", "gone/page.html"], capsys)
    assert "expected a file that ends in .html" in _refused(["evaluate", "--out", "corpus.jsonl"], capsys)
    Path("folder.html").mkdir()
    assert "is a folder" in _refused(["evaluate", "--out", "folder.html"], capsys)


def test_another_corpus_knows_no_familiar_writers_but_has_controls(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["train", str(project / "config.yaml"), "model.family=tfidf"])
    lines = (project / "corpus.jsonl").read_text().splitlines()[:8]
    Path("other.jsonl").write_text("\n".join(line.replace("{", '{"split": "test", ', 1) for line in lines))
    capsys.readouterr()
    assert main(["evaluate", "other.jsonl", "--split", "test", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert not {"unfamiliar writers", "unseen targets"} & report["parts"].keys()
    assert "TF-IDF" in report["controls"]
    Path("other.jsonl").write_text("\n".join(lines))
    assert main(["evaluate", "other.jsonl", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["themes"]["count"] == 8  # without splits of its own, all of it


def test_a_training_with_folds_says_what_can_be_promised(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(project / "config.yaml"), "model.family=tfidf", "calibration.folds=2"]) == 0
    out, err = capsys.readouterr()
    assert ("Recall at a promised precision" in out) != ("calibration makes validation worse" in err)
