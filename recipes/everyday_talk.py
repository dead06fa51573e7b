"""Everyday talk in German and English, made by a small grammar: the sentences of `recipes/ablations.py`.

    python recipes/everyday_talk.py 6000 [--seed 1] > talk.tsv

Distinct pairs, German TAB English. Some 250 German word forms; what differs from sentence to sentence is how they are
put together: who, what, when, tense, questions, modal verbs, subordinate clauses with the verb at the end. So a test
sentence that no training has seen is still made of words that training has seen. The written corpora of this project
cannot be used for that: of their 32,712 pairs of 8 to 60 characters, 1,189 are made of the 4,000 commonest words alone.
"""

import argparse
from dataclasses import dataclass
from random import Random

Pair = tuple[str, str]
LEAST, MOST = 12, 30  # characters of a sentence, in either language

# Person: 0 I, 1 you, 2 he or she, 3 we or they.
SUBJECTS: list[tuple[str, str, int]] = [
    ("ich", "I", 0), ("ich", "I", 0), ("du", "you", 1), ("er", "he", 2), ("wir", "we", 3), ("wir", "we", 3),
    ("Anna", "Anna", 2), ("Paul", "Paul", 2), ("meine Schwester", "my sister", 2), ("mein Bruder", "my brother", 2),
    ("der Nachbar", "the neighbour", 2), ("unsere Lehrerin", "our teacher", 2), ("das Kind", "the child", 2),
    ("die Frau", "the woman", 2), ("der Arzt", "the doctor", 2), ("mein Freund", "my friend", 2),
    ("deine Mutter", "your mother", 2), ("der Chef", "the boss", 2), ("die Kinder", "the children", 3),
    ("meine Eltern", "my parents", 3), ("die Gäste", "the guests", 3), ("unsere Freunde", "our friends", 3),
]  # fmt: skip

# Things by what one does with them; accusative.
FOOD = [
    ("einen Kaffee", "a coffee"), ("ein Glas Wasser", "a glass of water"), ("den Kuchen", "the cake"),
    ("eine Suppe", "a soup"), ("das Brot", "the bread"), ("einen Apfel", "an apple"), ("die Milch", "the milk"),
    ("zwei Eier", "two eggs"), ("den Käse", "the cheese"), ("die Pizza", "the pizza"),
]  # fmt: skip
TEXTS = [
    ("das Buch", "the book"), ("die Zeitung", "the newspaper"), ("einen Brief", "a letter"),
    ("die Rechnung", "the bill"), ("deine Nachricht", "your message"), ("den Bericht", "the report"),
]  # fmt: skip
GOODS = [
    ("die Schlüssel", "the keys"), ("einen Mantel", "a coat"), ("das Fahrrad", "the bicycle"),
    ("zwei Karten", "two tickets"), ("die Tasche", "the bag"), ("den Regenschirm", "the umbrella"),
    ("ein Geschenk", "a present"), ("das Bild", "the picture"), ("neue Schuhe", "new shoes"),
    ("die Blumen", "the flowers"), ("einen Stuhl", "a chair"), ("die Lampe", "the lamp"),
]  # fmt: skip
PEOPLE = [
    ("Anna", "Anna"), ("den Nachbarn", "the neighbour"), ("meinen Bruder", "my brother"), ("deine Mutter", "your mother"),
    ("die Kinder", "the children"), ("unsere Lehrerin", "our teacher"), ("den Arzt", "the doctor"),
]  # fmt: skip


@dataclass(frozen=True)
class Verb:
    """German: present of the four persons, infinitive, participle. English: infinitive, third person, past."""

    present: tuple[str, str, str, str]
    participle: str
    english: tuple[str, str, str]
    things: list[Pair]

    @property
    def infinitive(self) -> str:
        return self.present[3]


def _verb(present: str, participle: str, english: str, *things: list[Pair]) -> Verb:
    one, two, three, four = present.split()
    infinitive, third, past = english.split()
    return Verb(
        (one, two, three, four),
        participle,
        (infinitive, third, past),
        [one for some in things for one in some],
    )


VERBS = [
    _verb("kaufe kaufst kauft kaufen", "gekauft", "buy buys bought", FOOD, TEXTS[:2], GOODS),
    _verb("trage trägst trägt tragen", "getragen", "carry carries carried", GOODS),
    _verb("finde findest findet finden", "gefunden", "find finds found", TEXTS, GOODS, PEOPLE),
    _verb("sehe siehst sieht sehen", "gesehen", "see sees saw", GOODS, PEOPLE),
    _verb("bezahle bezahlst bezahlt bezahlen", "bezahlt", "pay pays paid", [TEXTS[3]]),
    _verb("lese liest liest lesen", "gelesen", "read reads read", TEXTS),
    _verb("schreibe schreibst schreibt schreiben", "geschrieben", "write writes wrote", TEXTS[:1], TEXTS[2:]),
    _verb("esse isst isst essen", "gegessen", "eat eats ate", FOOD[2:6], FOOD[7:]),
    _verb("trinke trinkst trinkt trinken", "getrunken", "drink drinks drank", FOOD[:2], [FOOD[6]]),
    _verb("bringe bringst bringt bringen", "gebracht", "bring brings brought", FOOD, TEXTS, GOODS, PEOPLE),
    _verb("hole holst holt holen", "geholt", "fetch fetches fetched", FOOD, TEXTS, GOODS, PEOPLE),
    _verb("brauche brauchst braucht brauchen", "gebraucht", "need needs needed", FOOD, TEXTS, GOODS, PEOPLE),
    _verb("verkaufe verkaufst verkauft verkaufen", "verkauft", "sell sells sold", FOOD[2:], TEXTS[:2], GOODS),
    _verb("vergesse vergisst vergisst vergessen", "vergessen", "forget forgets forgot", TEXTS, GOODS, PEOPLE),
    _verb("frage fragst fragt fragen", "gefragt", "ask asks asked", PEOPLE),
    _verb("besuche besuchst besucht besuchen", "besucht", "visit visits visited", PEOPLE),
    _verb("kenne kennst kennt kennen", "gekannt", "know knows knew", PEOPLE),
    _verb("rufe rufst ruft rufen", "gerufen", "call calls called", PEOPLE),
]
MODALS: list[tuple[tuple[str, str, str, str], str]] = [
    (("muss", "musst", "muss", "müssen"), "must"),
    (("kann", "kannst", "kann", "können"), "can"),
    (("kann nicht", "kannst nicht", "kann nicht", "können nicht"), "cannot"),
    (("werde", "wirst", "wird", "werden"), "will"),
    (("soll", "sollst", "soll", "sollen"), "should"),
    (("darf", "darfst", "darf", "dürfen"), "may"),
]
HAVE = ("habe", "hast", "hat", "haben")
GO = ("gehe", "gehst", "geht", "gehen")
OFTEN = [
    ("jeden Tag", "every day"), ("im Sommer", "in summer"), ("im Winter", "in winter"), ("am Abend", "in the evening"),
    ("am Sonntag", "on Sunday"), ("am Montag", "on Monday"), ("nachts", "at night"), ("zu Hause", "at home"),
    ("in der Stadt", "in the city"), ("im Garten", "in the garden"), ("am Bahnhof", "at the station"),
]  # fmt: skip
PAST = [
    ("gestern", "yesterday"), ("letzte Woche", "last week"), ("heute früh", "this morning"),
    ("im Mai", "in May"), ("am Freitag", "on Friday"), ("im Laden", "in the shop"), ("in der Küche", "in the kitchen"),
]  # fmt: skip
FUTURE = [
    ("morgen", "tomorrow"), ("heute", "today"), ("jetzt", "now"), ("bald", "soon"), ("am Samstag", "on Saturday"),
    ("um acht Uhr", "at eight o'clock"), ("nach der Arbeit", "after work"), ("nächste Woche", "next week"),
    ("im Hotel", "in the hotel"), ("vor dem Essen", "before the meal"),
]  # fmt: skip
TO = [
    ("nach Hause", "home"), ("in die Schule", "to school"), ("zum Arzt", "to the doctor"), ("ins Kino", "to the cinema"),
    ("zur Arbeit", "to work"), ("in den Park", "to the park"), ("zum Bahnhof", "to the station"),
    ("an den Strand", "to the beach"), ("auf den Markt", "to the market"), ("in die Küche", "to the kitchen"),
]  # fmt: skip
PLACES = [
    ("der Bahnhof", "the station"), ("die Apotheke", "the pharmacy"), ("das Museum", "the museum"),
    ("der Ausgang", "the exit"), ("die Kasse", "the till"), ("der Park", "the park"), ("das Hotel", "the hotel"),
    ("die Bäckerei", "the bakery"), ("der Laden", "the shop"), ("die Bibliothek", "the library"),
    ("das Wetter", "the weather"), ("das Essen", "the meal"), ("das Zimmer", "the room"), ("der Kaffee", "the coffee"),
    ("die Suppe", "the soup"), ("der Film", "the film"), ("die Straße", "the street"), ("das Wasser", "the water"),
]  # fmt: skip
VERY = [
    ("sehr", "very"),
    ("zu", "too"),
    ("nicht", "not"),
    ("wieder", "again"),
    ("immer", "always"),
    ("ziemlich", "quite"),
]
HOW = [
    ("schön", "beautiful"), ("teuer", "expensive"), ("kalt", "cold"), ("warm", "warm"), ("klein", "small"),
    ("groß", "big"), ("neu", "new"), ("alt", "old"), ("gut", "good"), ("schlecht", "bad"), ("voll", "full"),
    ("leer", "empty"), ("sauber", "clean"), ("ruhig", "quiet"), ("laut", "loud"), ("billig", "cheap"),
]  # fmt: skip
SHORT = [
    ("Guten Morgen!", "Good morning!"), ("Vielen Dank!", "Many thanks!"), ("Kein Problem.", "No problem."),
    ("Es tut mir leid.", "I am sorry."), ("Das ist wahr.", "That is true."), ("Einen Moment!", "One moment!"),
    ("Ich weiß nicht.", "I do not know."), ("Hallo Anna!", "Hello Anna!"),
]  # fmt: skip
WHY = [("warum", "why"), ("wann", "when"), ("wo", "where"), ("wie oft", "how often")]
THINK = [
    ("ich glaube, dass", "I think that"), ("er sagt, dass", "he says that"), ("wir wissen, dass", "we know that"),
    ("es ist gut, dass", "it is good that"), ("ich bin froh, weil", "I am glad because"),
    ("er ist müde, weil", "he is tired because"), ("wir warten, bis", "we wait until"),
]  # fmt: skip


def _sentence(rng: Random) -> Pair:
    verb = rng.choice(VERBS)
    thing, thing_en = rng.choice(verb.things)
    who, who_en, person = rng.choice(SUBJECTS)
    says = verb.present[person]
    says_en = verb.english[1] if person == 2 else verb.english[0]
    does = "does" if person == 2 else "do"
    often, past, future = rng.choice(OFTEN), rng.choice(PAST), rng.choice(FUTURE)
    modals, modal_en = rng.choice(MODALS)
    modal, negation = (*modals[person].split(), "")[:2]
    kind = rng.randrange(12)
    if kind == 0:
        return f"{who} {says} {thing}.", f"{who_en} {says_en} {thing_en}."
    if kind == 1:
        return f"{often[0]} {says} {who} {thing}.", f"{who_en} {says_en} {thing_en} {often[1]}."
    if kind == 2:
        return (
            f"{who} {HAVE[person]} {past[0]} {thing} {verb.participle}.",
            f"{who_en} {verb.english[2]} {thing_en} {past[1]}.",
        )
    if kind == 3:
        return (
            f"{who} {modal} {thing} {negation} {verb.infinitive}.",
            f"{who_en} {modal_en} {verb.english[0]} {thing_en}.",
        )
    if kind == 4:
        return (
            f"{future[0]} {modal} {who} {thing} {negation} {verb.infinitive}.",
            f"{who_en} {modal_en} {verb.english[0]} {thing_en} {future[1]}.",
        )
    if kind == 5:
        return (
            f"{says} {who} {thing} {often[0]}?",
            f"{does} {who_en} {verb.english[0]} {thing_en} {often[1]}?",
        )
    if kind == 6:
        why = rng.choice(WHY)
        return f"{why[0]} {says} {who} {thing}?", f"{why[1]} {does} {who_en} {verb.english[0]} {thing_en}?"
    if kind == 7:
        think = rng.choice(THINK)
        return f"{think[0]} {who} {thing} {says}.", f"{think[1]} {who_en} {says_en} {thing_en}."
    if kind == 8:
        place, very, how = rng.choice(PLACES), rng.choice(VERY), rng.choice(HOW)
        return f"{place[0]} ist {very[0]} {how[0]}.", f"{place[1]} is {very[1]} {how[1]}."
    if kind == 9:
        to = rng.choice(TO)
        go_en = "goes" if person == 2 else "go"
        return f"{often[0]} {GO[person]} {who} {to[0]}.", f"{who_en} {go_en} {to[1]} {often[1]}."
    if kind == 10:
        place, short = rng.choice(PLACES[:10]), rng.choice(SHORT)
        return f"{short[0]} {_capital('wo')} ist {place[0]}?", f"{short[1]} Where is {place[1]}?"
    short = rng.choice(SHORT)
    return (
        f"{short[0]} {_capital(who)} {says} {thing}.",
        f"{short[1]} {_capital(who_en)} {says_en} {thing_en}.",
    )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def pairs(count: int, seed: int) -> list[Pair]:
    """`count` pairs, no German sentence and no English sentence twice."""
    rng, found, english = Random(seed), dict[str, str](), set[str]()
    while len(found) < count:
        source, target = (_capital(" ".join(text.split()).replace(" .", ".")) for text in _sentence(rng))
        fits = LEAST <= len(source) <= MOST and LEAST <= len(target) <= MOST
        if fits and source not in found and target not in english:
            found[source] = target
            english.add(target)
    return list(found.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for source, target in pairs(args.count, args.seed):
        print(f"{source}\t{target}")


if __name__ == "__main__":
    main()
