from __future__ import annotations

import codecs
import gzip
from pathlib import Path

import pytest

from rareearth_nlp.errors import DataError
from rareearth_nlp.reading import SUFFIXES, read_article
from rareearth_nlp.reading.decoding import decode

ENGLISH = (
    "The café owner’s view – “we’ve seen it all” – was echoed by the naïve minister, whose £3 million plan for the "
    "façade of the plant drew a smörgåsbord of replies. The company said it would cost €40 million, and the union "
    "called it a coup d’état by another name."
)
GERMAN = (
    "Die Grube im Erzgebirge wird vorläufig nicht geöffnet, weil die Behörde für den Schutz der Gewässer Einwände "
    "erhoben hat. Der Geschäftsführer erklärte, man müsse die Prüfung abwarten und könne frühestens nächstes Jahr "
    "über Löhne und Verträge sprechen. Für die Gemeinde wäre es die größte Anlage."
)
FRENCH = (
    "La société a annoncé lundi que l’usine de séparation à La Rochelle rouvrirait après dix ans. Les élus de la "
    "région, réunis à l’hôtel de ville, ont salué une décision « très attendue ». Le préfet a rappelé que la "
    "dépollution du site n’était pas achevée et que l’enquête publique durerait jusqu’à Noël."
)
SPANISH = (
    "La minería de tierras raras volvió ayer al debate en el Congreso: según la oposición, la compañía no cumplió las "
    "condiciones de la concesión. El señor Núñez pidió además una comisión que examine los daños en el año próximo."
)
PORTUGUESE = (
    "A mineração não avançou na região: a concessão só será publicada após a avaliação da água, afirmou o secretário. "
    "Os moradores de São João pediram também informações sobre as emissões e a posição do governo."
)
SWEDISH = (
    "Gruvan norr om Kiruna får vänta. Länsstyrelsen säger att frågan om rennäringen måste lösas först, och bolaget "
    "räknar nu med att produktionen börjar tidigast om åtta år. Även kommunen är försiktig."
)
CHINESE = "稀土出口许可证将于下月生效。供应链的各方都在等待细则。" * 4


@pytest.mark.parametrize("text", [ENGLISH, FRENCH, CHINESE, "Short.", "🏭 A plant."])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_unicode_is_decoded_and_its_mark_is_no_text(mark: bytes, encoding: str, text: str) -> None:
    assert decode(mark + text.encode(encoding), "a.txt") == text


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, "Prices rose by a tenth in June."])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_detected(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), "a.txt") == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ENGLISH, id="english"),
        pytest.param(GERMAN, id="german"),
        pytest.param(FRENCH, id="french"),
        pytest.param(SPANISH, id="spanish"),
        pytest.param(PORTUGUESE, id="portuguese"),
        pytest.param(SWEDISH, id="swedish"),
    ],
)
def test_a_western_code_page_is_detected(text: str) -> None:
    assert decode(text.encode("cp1252"), "a.txt") == text


def test_latin_1_is_detected() -> None:
    assert decode(GERMAN.encode("latin-1"), "a.txt") == GERMAN


def test_line_ends_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("One ended.\r\nTwo ended.\rThree.\n".encode("utf-8-sig"))
    assert read_article(file).text == "One ended.\r\nTwo ended.\rThree.\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, id="png"),
        pytest.param(gzip.compress(b"The mine closed. " * 100, mtime=0), id="gzip"),
        pytest.param(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)) * 3, id="pdf"),
        pytest.param(bytes(100), id="zeros"),
    ],
)
def test_a_binary_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "scan.txt"
    file.write_bytes(content)
    with pytest.raises(DataError) as refusal:
        read_article(file)
    assert str(refusal.value).startswith(f"{file}: binary or in an unknown encoding")


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
@pytest.mark.parametrize("content", [b"", b" \r\n\t\n", codecs.BOM_UTF8, b"* * *\n", b"Leave a Reply\n"])
def test_a_file_without_a_sentence_is_refused_by_name(tmp_path: Path, content: bytes, suffix: str) -> None:
    file = tmp_path / f"empty{suffix}"
    file.write_bytes(content)
    with pytest.raises(DataError) as refusal:
        read_article(file)
    assert str(refusal.value).startswith(f"{file}: holds no sentence")


@pytest.mark.parametrize(("name", "told"), [("a.docx", "got .docx"), ("README", "got no suffix")])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / name).write_text("The mine closed.", encoding="utf-8")
    with pytest.raises(DataError) as refusal:
        read_article(tmp_path / name)
    assert str(refusal.value).startswith(f"{tmp_path / name}: ")
    assert told in str(refusal.value)
    assert all(suffix in str(refusal.value) for suffix in SUFFIXES)


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    for file in (tmp_path / "gone.txt", tmp_path / "folder.txt"):
        with pytest.raises(DataError) as refusal:
            read_article(str(file))
        assert str(refusal.value).startswith(f"{file}: cannot be read")
