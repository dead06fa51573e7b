"""Everyday German for pages that a system is timed on."""

from iimt_cli.language.base import Sample

SAMPLE = Sample(
    headings=("Öffnungszeiten", "Unsere Preise", "Wichtige Hinweise", "Das Wetter heute", "Neue Bücher"),
    lines=(
        "Bitte schließen Sie die Tür hinter sich.", "Montag bis Freitag", "Der Zug fährt in zehn Minuten.",
        "Kaffee und Kuchen", "Wo ist der Bahnhof?", "Heute bleibt das Museum geschlossen.", "Zum Ausgang",
        "Das Rauchen ist hier nicht erlaubt.", "Frisches Brot vom Bäcker", "Bitte nicht stören",
    ),
    sentences=(
        "Meine neue Wohnung ist klein, aber sie hat einen schönen Balkon.",
        "Wir sind gestern sehr spät nach Hause gekommen.",
        "Im Sommer möchte ich mit meinen Freunden ans Meer fahren.",
        "Das Buch, das du mir geliehen hast, habe ich noch nicht gelesen.",
        "Kannst du mir bitte sagen, wann der nächste Bus fährt?",
        "Die Kinder spielen im Garten, und der Hund schläft in der Sonne.",
    ),
    lookalikes=("Nr. 1", "Abs. 2", "0 Uhr", "1 Stück", "I. Klasse", "3 x täglich", "1 l Milch"),
)  # fmt: skip
