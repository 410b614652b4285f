"""The encodings of Latin letters are told apart by the letters of the languages written in them."""

import pytest

from clvcore.data.files.encodings import doubt, encoding_of
from clvcore.data.files.read import read

TEXTS = {
    "polish": ("cp1250", "Łódź;ręcznik kąpielowy;Kraków;pościel;Grzegorz Brzęczyszczykiewicz"),
    "polish (iso)": ("iso8859-2", "Łódź;ręcznik kąpielowy;Kraków;pościel;świeca zapachowa;żółć"),
    "czech": ("cp1250", "Řehoř;Dvořák;žlutý hrnek;čajová konvice;dětská peřina;Plzeň"),
    "slovak": ("cp1250", "Ľubomír;žltý hrnček;čajová kanvica;posteľ;uterák;sviečka"),
    "hungarian": ("cp1250", "Győr;Szőke Ödön;törülköző;fűszertartó;kék bögre;szőnyeg"),
    "turkish": ("cp1254", "İstanbul;Çağrı;Ayşe Yılmaz;havlu çeşitleri;gümüş kaşık"),  # noqa: RUF001 # Turkish
    "german": ("cp1252", "Müller;Größe;Jürgen Weiß;Käseplatte;Straße;Löffel"),
    "french": ("cp1252", "Référence;château;garçon;Noël;crème brûlée;forêt"),
    "portuguese": ("cp1252", "São Paulo;João;coração;maçã;pão;chá"),
    "spanish": ("cp1252", "Señor;niño;corazón;José;mañana"),
    "danish": ("cp1252", "Århus;Søren;blå kop;ærter;håndklæde"),
    "icelandic": ("cp1252", "Þórður;blár bolli;handklæði;Ísafjörður;rúmföt"),
    "russian": ("cp1251", "Иван;Мария Петрова;синяя кружка;полотенце;Москва"),
    "with a euro": ("iso8859-15", "prix 5 €;référence;château;Noël"),
}


def file_of(text, encoding):
    return ("user;item\n" + "".join(f"1;{one}\n" for one in text.split(";"))).encode(encoding)


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_is_read_as_it_was_written(language):
    encoding, text = TEXTS[language]
    content = file_of(text, encoding)
    assert content.decode(encoding_of(content)) == content.decode(encoding)


def test_one_letter_that_could_be_either_is_told_with_the_other():
    raw = read(file_of("Blau;n\xf5u", "cp1252"), table="events", source="file.csv")
    assert raw.reading["letters"] in {"õ/ő", "ő/õ"}
    assert {raw.reading["encoding"], raw.reading["doubt"]} == {"cp1252", "cp1250"}


def test_a_choice_leaves_no_doubt_and_a_text_that_is_the_same_in_both_has_none():
    content = file_of("Müller;Größe", "cp1252")
    assert doubt(content, "cp1252") is None
    assert "doubt" not in read(content, table="events", source="file.csv").reading
