"""Writes what pictures say and corpora lack: buttons, signs, menus, opening hours, dates, greetings, German TAB English.

    python recipes/phrases.py > runs/phrases.de-en.tsv

All of it is ours. The pairs written by hand are in `phrases.txt` beside this file, `German|English`, grouped under `#`
headings; templates are filled here with every day, month, weekday range and a few times and prices.
"""

from itertools import pairwise
from pathlib import Path

DAYS = [
    ("Montag", "Monday"), ("Dienstag", "Tuesday"), ("Mittwoch", "Wednesday"), ("Donnerstag", "Thursday"),
    ("Freitag", "Friday"), ("Samstag", "Saturday"), ("Sonntag", "Sunday"),
]  # fmt: skip
SHORT_DAYS = [
    ("Mo", "Mon"), ("Di", "Tue"), ("Mi", "Wed"), ("Do", "Thu"), ("Fr", "Fri"), ("Sa", "Sat"), ("So", "Sun"),
]  # fmt: skip
MONTHS = [
    ("Januar", "January"), ("Februar", "February"), ("März", "March"), ("April", "April"), ("Mai", "May"),
    ("Juni", "June"), ("Juli", "July"), ("August", "August"), ("September", "September"), ("Oktober", "October"),
    ("November", "November"), ("Dezember", "December"),
]  # fmt: skip
SHORT_MONTHS = ["Jan", "Feb", "März", "Apr", "Mai", "Juni", "Juli", "Aug", "Sept", "Okt", "Nov", "Dez"]
SIZES = [
    "XS",
    "S",
    "M",
    "L",
    "XL",
    "XXL",
    "USB",
    "PDF",
    "WLAN",
    "GPS",
    "HDMI",
    "CPU",
    "RAM",
    "LED",
    "TV",
    "PC",
]
COUNTED = [
    ("Warenkorb", "Shopping cart"), ("Posteingang", "Inbox"), ("Entwürfe", "Drafts"), ("Nachrichten", "Messages"),
    ("Bewertungen", "Reviews"), ("Kommentare", "Comments"), ("Downloads", "Downloads"), ("Aufgaben", "Tasks"),
    ("Favoriten", "Favourites"), ("Termine", "Appointments"),
]  # fmt: skip
HOURS = [
    (8, 16),
    (9, 17),
    (10, 18),
    (8, 12),
    (13, 17),
    (11, 20),
    (7, 19),
    (12, 22),
    (14, 18),
    (10, 14),
    (9, 13),
]
NAMES = ["Anna", "Peter", "Maria", "Thomas", "Sabine", "Jan", "Lisa", "Paul", "Eva", "Martin"]
MORE_NAMES = [
    "Andreas", "Anja", "Anton", "Barbara", "Ben", "Bernd", "Birgit", "Carla", "Christa", "Christian", "Clara",
    "Daniel", "David", "Dieter", "Elena", "Elias", "Emil", "Emma", "Erik", "Felix", "Finn", "Florian", "Frank",
    "Franz", "Fritz", "Georg", "Gerd", "Greta", "Hanna", "Hans", "Heike", "Heinz", "Helga", "Ida", "Ina", "Ingrid",
    "Jakob", "Jana", "Johanna", "Jonas", "Julia", "Jürgen", "Karin", "Karl", "Katharina", "Katja", "Klara", "Klaus",
    "Lars", "Lea", "Lena", "Leon", "Lina", "Linus", "Luisa", "Lukas", "Manfred", "Marie", "Markus", "Mathilda",
    "Max", "Mia", "Michael", "Mila", "Monika", "Moritz", "Nele", "Nico", "Nina", "Oskar", "Otto", "Paula", "Petra",
    "Philipp", "Renate", "Robert", "Rosa", "Sarah", "Simon", "Sofia", "Sophie", "Stefan", "Susanne", "Theo", "Tim",
    "Tobias", "Tom", "Uwe", "Ursula", "Walter", "Werner", "Wolfgang",
]  # fmt: skip
SURNAMES = [
    "Bauer", "Becker", "Berger", "Braun", "Fischer", "Graf", "Hahn", "Hartmann", "Hoffmann", "Huber", "Kaiser",
    "Keller", "Klein", "Koch", "Krause", "Krüger", "Lang", "Lehmann", "Maier", "Meyer", "Möller", "Müller",
    "Neumann", "Peters", "Richter", "Schmidt", "Schmitt", "Schneider", "Schröder", "Schulz", "Schwarz", "Seidel",
    "Sommer", "Vogel", "Wagner", "Weber", "Weiß", "Werner", "Winkler", "Winter", "Wolf", "Zimmermann",
]  # fmt: skip
CITIES = ["Berlin", "Hamburg", "München", "Köln", "Leipzig", "Wien", "Zürich", "Bremen"]
MORE_CITIES = [
    "Freiburg", "Dresden", "Kiel", "Regensburg", "Graz", "Bern", "Mainz", "Erfurt", "Rostock", "Ulm", "Bonn", "Essen",
    "Augsburg", "Kassel", "Potsdam", "Salzburg", "Basel", "Halle", "Jena", "Trier", "Oberndorf", "Neustadt", "Bad Urach",
]  # fmt: skip
STREETS = [
    "Linden",
    "Garten",
    "Mühlen",
    "Schul",
    "Kirch",
    "Wald",
    "Berg",
    "Wiesen",
    "Bahnhof",
    "Rosen",
    "Eichen",
    "Brunnen",
]
STREET_ENDS = ["weg", "straße", "gasse", "allee", "platz"]


def ordinal(n: int) -> str:
    return f"{n}{'th' if 4 <= n % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def clock(hour: int) -> str:
    return f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}"


def clock_with_minutes(hour: int, minute: int) -> str:
    return f"{hour % 12 or 12}:{minute:02} {'am' if hour < 12 else 'pm'}"


def written() -> list[tuple[str, str]]:
    """The pairs of `phrases.txt`; empty lines and headings are passed over."""
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    return [(de, en) for de, en in (line.split("|") for line in lines if line and line[0] != "#")]


def phrases() -> list[tuple[str, str]]:
    made = written()
    for days in (DAYS, SHORT_DAYS):
        for (de, en), (first, last) in zip(days, HOURS, strict=False):
            made += [
                (de, en),
                (f"{de} geschlossen", f"{en} closed"),
                (f"{de} {first} bis {last} Uhr", f"{en} {clock(first)} to {clock(last)}"),
                (f"{de} {first}-{last} Uhr", f"{en} {clock(first)} to {clock(last)}"),
            ]
        for a in range(7):
            for b in range(a + 1, 7):
                de = f"{days[a][0]} bis {days[b][0]}"
                en = f"{days[a][1]} to {days[b][1]}"
                first, last = HOURS[(a + b) % len(HOURS)]
                made += [(de, en), (f"{de} {first} bis {last} Uhr", f"{en} {clock(first)} to {clock(last)}")]
        for (de1, en1), (de2, en2) in pairwise(days):
            made += [
                (f"{de1} und {de2}", f"{en1} and {en2}"),
                (f"{de1} und {de2} geschlossen", f"Closed {en1} and {en2}"),
            ]
    for first, last in HOURS:
        made += [
            (f"{first} bis {last} Uhr", f"{clock(first)} to {clock(last)}"),
            (f"Von {first} bis {last} Uhr", f"From {clock(first)} to {clock(last)}"),
            (f"Ab {first} Uhr", f"From {clock(first)}"),
            (f"Um {last} Uhr", f"At {clock(last)}"),
            (f"Beginn {last} Uhr", f"Starts at {clock(last)}"),
            (f"Täglich {first} bis {last} Uhr", f"Daily {clock(first)} to {clock(last)}"),
        ]
    for number in range(72):  # every hour three times, with other minutes
        hour, minute = number % 24, number * 35 % 60
        de, en = f"{hour}:{minute:02} Uhr", f"{clock_with_minutes(hour, minute)}"
        platform = 1 + number % 14
        made += [
            (f"um {de}", f"at {en}"),
            (f"Abfahrt um {de}", f"Departure at {en}"),
            (f"Abfahrt um {de} von Gleis {platform}", f"Departure at {en} from platform {platform}"),
            (f"Ankunft um {de}", f"Arrival at {en}"),
            (
                f"Ankunft in {CITIES[number % 8]} um {de}",
                f"Arrival in {english_city(CITIES[number % 8])} at {en}",
            ),
            (f"Ab {de} geöffnet", f"Open from {en}"),
            (f"{hour:02}:{minute:02} Uhr, Gleis {platform}", f"{en}, platform {platform}"),
            (f"Gültig bis {de}", f"Valid until {en}"),
            (de, en),
            (f"Beginn: {de}", f"Start: {en}"),
            (f"gestern, {hour}:{minute:02}", f"yesterday, {hour}:{minute:02}"),
        ]
    for number, (de, en) in enumerate(MONTHS):
        day = 1 + (number * 5 + 3) % 28
        made += [
            (de, en),
            (f"im {de}", f"in {en}"),
            (f"Im {de}", f"In {en}"),
            (f"{day}. {de}", f"{en} {day}"),
            (f"{day + 2}. {de} 2025", f"{en} {day + 2}, 2025"),
            (
                f"Von {NAMES[number % 10]}, {day + 4}. {de} 2025",
                f"By {NAMES[number % 10]}, {en} {day + 4}, 2025",
            ),
            (
                f"{CITIES[number % 8]}, {day + 6}. {de} 2026",
                f"{english_city(CITIES[number % 8])}, {en} {day + 6}, 2026",
            ),
            (f"Ende {de}", f"End of {en}"),
            (f"{de} 2026", f"{en} 2026"),
        ]
        dot = "" if SHORT_MONTHS[number] in de and len(de) < 6 else "."  # "Mai" is no abbreviation
        for date in (day + 1, day + 3, 22 + number % 7):
            made += [
                (f"{date}. {SHORT_MONTHS[number]}{dot}", f"{en[:3]} {date}"),
                (f"{date}. {SHORT_MONTHS[number]}{dot} 2026", f"{en[:3]} {date}, 2026"),
                (f"{NAMES[date % 10]}, {date}. {de} 2026", f"{NAMES[date % 10]}, {en} {date}, 2026"),
            ]
        for shift, (day_de, day_en) in enumerate(DAYS):
            date = 1 + (number * 7 + shift * 4) % 28
            made += [
                (f"{day_de}, der {date}. {de}", f"{day_en}, {en} {date}"),
                (f"{day_de}, {date + 1}. {de}", f"{day_en}, {en} {date + 1}"),
                (f"am {day_de}, dem {date}. {de}", f"on {day_en}, {en} {date}"),
            ]
        for shift, city in enumerate(CITIES):
            date = 1 + (number * 3 + shift * 5) % 30
            made.append((f"{city}, den {date}. {de}", f"{english_city(city)}, {en} {date}"))
    for number, city in enumerate(CITIES + MORE_CITIES):  # an address stays what it is
        for code in (10115 + number * 2713, 1067 + number * 3109):
            made.append((f"{code:05} {city}", f"{code:05} {english_city(city)}"))
    for number, street in enumerate(STREETS):
        for shift, end in enumerate(STREET_ENDS):
            place = f"{street}{end} {1 + (number * 7 + shift * 13) % 60}"
            made.append((place, place))
    for hour in range(24):
        start, stop = f"{hour:02}:{hour * 15 % 60:02}", f"{(hour + 7) % 24:02}:{hour * 30 % 60:02}"
        made += [
            (f"Von {start} bis {stop} Uhr", f"From {start} to {stop}"),
            (f"{start} bis {stop} Uhr", f"{start} to {stop}"),
        ]
    for name in NAMES:
        dear = "Liebe" if name[-1] == "a" or name in ("Sabine",) else "Lieber"
        made += [
            (f"{dear} {name},", f"Dear {name},"),
            (f"{dear} {name}!", f"Dear {name},"),
            (f"Hallo {name},", f"Hello {name},"),
            (f"Viele Grüße {name}", f"Best wishes {name}"),
            (f"Liebe Grüße, {name}", f"Love, {name}"),
        ]
    for name in NAMES + MORE_NAMES:  # a signature stays what it is
        made += [(name, name), (f"{name}:", f"{name}:")]
    for forename, surname in zip(NAMES + MORE_NAMES, SURNAMES + SURNAMES + SURNAMES, strict=False):
        made += [
            (f"{forename} {surname}", f"{forename} {surname}"),
            (f"Herr {surname}", f"Mr {surname}"),
            (f"Frau {surname}", f"Ms {surname}"),
            (f"Familie {surname}", f"The {surname} family"),
            (f"Sehr geehrte Frau {surname},", f"Dear Ms {surname},"),
            (f"Sehr geehrter Herr {surname},", f"Dear Mr {surname},"),
            (f"Angemeldet als {forename} {surname}", f"Signed in as {forename} {surname}"),
            (f"Von {forename} {surname}", f"By {forename} {surname}"),
            (f"Dr. {surname}", f"Dr. {surname}"),
        ]
    for size in SIZES:
        made.append((size, size))
    for number, (de, en) in enumerate(COUNTED):
        for count in (number + 1, number * 7 + 12):
            made += [(f"{de} ({count})", f"{en} ({count})"), (f"{de}: {count}", f"{en}: {count}")]
    for number in range(1, 61):
        made.append((f"Seite {number}", f"Page {number}"))
        if number < 21:
            made += [
                (f"Kapitel {number}", f"Chapter {number}"),
                (f"Gleis {number}", f"Platform {number}"),
                (f"Zimmer {number}", f"Room {number}"),
                (f"Teil {number}", f"Part {number}"),
                (f"Schritt {number}", f"Step {number}"),
                (f"{number}. Stock", f"{ordinal(number)} floor"),
                (f"Seite {number} von {number + 7}", f"Page {number} of {number + 7}"),
                (f"vor {number + 1} Tagen", f"{number + 1} days ago"),
                (f"vor {number + 1} Stunden", f"{number + 1} hours ago"),
                (f"vor {number + 1} Minuten", f"{number + 1} minutes ago"),
                (f"in {number + 1} Tagen", f"in {number + 1} days"),
                (f"{number + 1} Personen", f"{number + 1} people"),
                (f"{number + 1} Nachrichten", f"{number + 1} messages"),
                (f"{number + 1} Dateien", f"{number + 1} files"),
                (f"{number * 6 + 1} Bewertungen", f"{number * 6 + 1} reviews"),
                (f"{number * 5} % Rabatt", f"{number * 5}% off"),
                (f"Lesezeit: {number + 1} Minuten", f"Reading time: {number + 1} minutes"),
                (
                    f"Artikelnummer: {number * 1237 % 90000 + 10000}",
                    f"Item number: {number * 1237 % 90000 + 10000}",
                ),
            ]
    return made


def english_city(city: str) -> str:
    return {"München": "Munich", "Köln": "Cologne", "Wien": "Vienna", "Zürich": "Zurich"}.get(city, city)


if __name__ == "__main__":
    for german, english in dict.fromkeys(phrases()):
        print(f"{german}\t{english}")
