"""Writes what pictures say and corpora lack: buttons, signs, menus, opening hours, dates, greetings, German TAB English.

    python weights/de-en/phrases.py > runs/phrases.de-en.tsv

All of it is ours. Templates are filled with every day, month, weekday range and a few times and prices.
"""

from itertools import pairwise

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
CITIES = ["Berlin", "Hamburg", "München", "Köln", "Leipzig", "Wien", "Zürich", "Bremen"]

# German|English, one per line.
PHRASES = """
Speichern|Save
Speichern unter|Save as
Alles speichern|Save all
Nicht speichern|Do not save
Speichern und schließen|Save and close
Abbrechen|Cancel
Öffnen|Open
Schließen|Close
Beenden|Quit
Bearbeiten|Edit
Löschen|Delete
Alles löschen|Delete all
Entfernen|Remove
Hinzufügen|Add
Neu|New
Neuer Ordner|New folder
Neue Datei|New file
Neues Fenster|New window
Neue Nachricht|New message
Kopieren|Copy
Ausschneiden|Cut
Einfügen|Paste
Rückgängig|Undo
Wiederholen|Redo
Alles auswählen|Select all
Auswählen|Select
Suchen|Search
Suchen und ersetzen|Find and replace
Ersetzen|Replace
Weiter|Next
Weiter lesen|Read more
Mehr erfahren|Learn more
Mehr anzeigen|Show more
Weniger anzeigen|Show less
Zurück|Back
Vor|Forward
Fertig|Done
Fertigstellen|Finish
Übernehmen|Apply
Anwenden|Apply
Bestätigen|Confirm
Ja|Yes
Nein|No
Vielleicht|Maybe
Später|Later
Jetzt nicht|Not now
Jetzt installieren|Install now
Installieren|Install
Deinstallieren|Uninstall
Aktualisieren|Update
Aktualisierung verfügbar|Update available
Neu laden|Reload
Neu starten|Restart
Herunterfahren|Shut down
Abmelden|Log out
Anmelden|Log in
Anmeldung|Login
Registrieren|Sign up
Konto erstellen|Create account
Mein Konto|My account
Konto|Account
Benutzer|User
Benutzername|User name
Kennwort|Password
Passwort|Password
Passwort vergessen?|Forgot your password?
Passwort ändern|Change password
Angemeldet bleiben|Stay logged in
E-Mail-Adresse|Email address
E-Mail|Email
Vorname|First name
Nachname|Last name
Name|Name
Adresse|Address
Straße|Street
Hausnummer|House number
Postleitzahl|Postal code
Ort|City
Stadt|City
Land|Country
Telefon|Phone
Telefonnummer|Phone number
Geburtsdatum|Date of birth
Geschlecht|Gender
Sprache|Language
Deutsch|German
Englisch|English
Französisch|French
Spanisch|Spanish
Einstellungen|Settings
Erweiterte Einstellungen|Advanced settings
Allgemein|General
Erweitert|Advanced
Darstellung|Appearance
Dunkles Design|Dark theme
Helles Design|Light theme
Hell|Light
Dunkel|Dark
Farbe|Color
Farben|Colors
Schriftart|Font
Schriftgröße|Font size
Größe|Size
Breite|Width
Höhe|Height
Länge|Length
Gewicht|Weight
Datum|Date
Uhrzeit|Time
Datum und Uhrzeit|Date and time
Dauer|Duration
Anzahl|Number
Menge|Amount
Preis|Price
Summe|Total
Gesamtsumme|Grand total
Zwischensumme|Subtotal
Mehrwertsteuer|VAT
Rechnung|Invoice
Rechnungsnummer|Invoice number
Kundennummer|Customer number
Bestellung|Order
Bestellen|Order
Jetzt bestellen|Order now
Jetzt kaufen|Buy now
Kaufen|Buy
Warenkorb|Shopping cart
In den Warenkorb|Add to cart
Zur Kasse|Checkout
Bezahlen|Pay
Bezahlt|Paid
Versand|Shipping
Kostenloser Versand|Free shipping
Lieferung|Delivery
Lieferzeit|Delivery time
Rabatt|Discount
Sonderangebot|Special offer
Ausverkauft|Sold out
Auf Lager|In stock
Datei|File
Dateien|Files
Ordner|Folder
Ansicht|View
Extras|Tools
Werkzeuge|Tools
Fenster|Window
Hilfe|Help
Über|About
Info|Info
Startseite|Home
Übersicht|Overview
Nachrichten|Messages
Benachrichtigungen|Notifications
Kontakte|Contacts
Kontakt|Contact
Kalender|Calendar
Aufgaben|Tasks
Notizen|Notes
Bilder|Pictures
Fotos|Photos
Musik|Music
Videos|Videos
Dokumente|Documents
Papierkorb|Trash
Papierkorb leeren|Empty trash
Posteingang|Inbox
Postausgang|Outbox
Entwürfe|Drafts
Gesendet|Sent
Senden|Send
Antworten|Reply
Allen antworten|Reply all
Weiterleiten|Forward
Anhang|Attachment
Betreff|Subject
An|To
Von|From
Herunterladen|Download
Hochladen|Upload
Teilen|Share
Drucken|Print
Drucker|Printer
Vorschau|Preview
Vollbild|Full screen
Vergrößern|Zoom in
Verkleinern|Zoom out
Lautstärke|Volume
Stumm|Mute
Netzwerk|Network
Internet|Internet
Verbinden|Connect
Verbunden|Connected
Nicht verbunden|Not connected
Getrennt|Disconnected
Verbindung fehlgeschlagen|Connection failed
Keine Verbindung|No connection
Akku|Battery
Speicher|Storage
Freier Speicher|Free space
Fehler|Error
Warnung|Warning
Hinweis|Note
Achtung|Attention
Vorsicht|Caution
Erfolgreich|Successful
Fehlgeschlagen|Failed
Bitte warten|Please wait
Bitte warten...|Please wait...
Wird geladen...|Loading...
Laden|Load
Lädt...|Loading...
Keine Ergebnisse|No results
Keine neuen Nachrichten|No new messages
Ein Fehler ist aufgetreten.|An error has occurred.
Datei nicht gefunden|File not found
Seite nicht gefunden|Page not found
Zugriff verweigert|Access denied
Möchten Sie fortfahren?|Do you want to continue?
Sind Sie sicher?|Are you sure?
Nicht mehr fragen|Do not ask again
Nicht mehr anzeigen|Do not show again
Immer|Always
Nie|Never
Nur einmal|Only once
Ein|On
Aus|Off
Aktiviert|Enabled
Deaktiviert|Disabled
Standard|Default
Automatisch|Automatic
Manuell|Manual
Seite|Page
Kapitel|Chapter
Inhalt|Contents
Inhaltsverzeichnis|Table of contents
Einleitung|Introduction
Zusammenfassung|Summary
Ergebnisse|Results
Fragen?|Questions?
Noch Fragen?|Any questions?
Vielen Dank|Thank you very much
Vielen Dank für Ihre Aufmerksamkeit!|Thank you for your attention!
Unsere Ziele|Our goals
Unser Team|Our team
Über uns|About us
Nächste Schritte|Next steps
Unsere Leistungen|Our services
Willkommen|Welcome
Herzlich willkommen|Welcome
Willkommen zurück!|Welcome back!
Eingang|Entrance
Ausgang|Exit
Notausgang|Emergency exit
Kein Eingang|No entrance
Kein Ausgang|No exit
Kein Zutritt|No entry
Zutritt verboten|No entry
Betreten verboten|Keep out
Rauchen verboten|No smoking
Parken verboten|No parking
Privatgrundstück|Private property
Einfahrt freihalten|Keep driveway clear
Drücken|Push
Ziehen|Pull
Geöffnet|Open
Geschlossen|Closed
Heute geschlossen|Closed today
Wir haben geöffnet|We are open
Öffnungszeiten|Opening hours
Sprechzeiten|Office hours
Mittagspause|Lunch break
Ruhetag|Closed today
nach Vereinbarung|by appointment
und nach Vereinbarung|and by appointment
Termine nach Vereinbarung|Appointments by arrangement
täglich|daily
Täglich geöffnet|Open daily
Feiertage|Public holidays
An Feiertagen geschlossen|Closed on public holidays
Werktags|On weekdays
Damen|Ladies
Herren|Gentlemen
Toiletten|Toilets
Besetzt|Occupied
Frei|Free
Außer Betrieb|Out of order
Vorsicht Stufe|Mind the step
Vorsicht, bissiger Hund!|Beware of the dog!
Frisch gestrichen|Wet paint
Hunde verboten|No dogs allowed
Bitte nicht stören|Please do not disturb
Bitte klingeln|Please ring the bell
Bitte Abstand halten|Please keep your distance
Bitte leise sein|Please be quiet
Bitte Ruhe|Quiet please
Bitte anschnallen|Please fasten your seat belt
Nicht berühren|Do not touch
Nicht öffnen|Do not open
Lebensgefahr|Danger to life
Hochspannung|High voltage
Baustelle|Construction site
Umleitung|Detour
Einbahnstraße|One-way street
Sackgasse|Dead end
Bahnhof|Station
Hauptbahnhof|Central station
Flughafen|Airport
Haltestelle|Stop
Bushaltestelle|Bus stop
Abfahrt|Departure
Ankunft|Arrival
Gleis|Platform
Fahrkarten|Tickets
Fahrkartenautomat|Ticket machine
Verspätung|Delay
Kasse|Cash desk
Aufzug|Elevator
Treppe|Stairs
Erdgeschoss|Ground floor
Erster Stock|First floor
Zweiter Stock|Second floor
Zimmer|Room
Zimmer frei|Rooms available
Zu vermieten|For rent
Zu verkaufen|For sale
Apotheke|Pharmacy
Bäckerei|Bakery
Metzgerei|Butcher
Buchhandlung|Bookstore
Krankenhaus|Hospital
Polizei|Police
Feuerwehr|Fire department
Rathaus|Town hall
Bibliothek|Library
Schule|School
Schwimmbad|Swimming pool
Spielplatz|Playground
Parkplatz|Parking lot
Speisekarte|Menu
Getränkekarte|Drinks menu
Tageskarte|Today's menu
Vorspeisen|Starters
Suppen|Soups
Salate|Salads
Hauptspeisen|Main courses
Hauptgerichte|Main courses
Beilagen|Side dishes
Nachspeisen|Desserts
Nachtisch|Dessert
Getränke|Drinks
Warme Getränke|Hot drinks
Kalte Getränke|Cold drinks
Alkoholfreie Getränke|Soft drinks
Weine|Wines
Rotwein|Red wine
Weißwein|White wine
Bier|Beer
Bier vom Fass|Draft beer
Wasser|Water
Mineralwasser|Mineral water
Apfelsaft|Apple juice
Orangensaft|Orange juice
Kaffee|Coffee
Kaffee und Kuchen|Coffee and cake
Tasse Tee|Cup of tea
Tee mit Zitrone|Tea with lemon
Heiße Schokolade|Hot chocolate
Milch|Milk
Brot|Bread
Brot und Butter|Bread and butter
Brötchen|Roll
Belegte Brötchen|Sandwiches
Käse|Cheese
Käseplatte|Cheese platter
Schinken|Ham
Wurst|Sausage
Bratwurst mit Senf|Fried sausage with mustard
Currywurst mit Pommes|Curry sausage with fries
Schnitzel mit Pommes|Schnitzel with fries
Kartoffelsalat|Potato salad
Kartoffelsuppe|Potato soup
Tomatensuppe|Tomato soup
Gemüsesuppe|Vegetable soup
Hühnersuppe|Chicken soup
Gemischter Salat|Mixed salad
Gurkensalat|Cucumber salad
Nudeln mit Tomatensoße|Pasta with tomato sauce
Nudeln|Noodles
Reis|Rice
Kartoffeln|Potatoes
Bratkartoffeln|Fried potatoes
Fisch|Fish
Gebratener Fisch|Fried fish
Fisch mit Kartoffeln|Fish with potatoes
Lachs mit Gemüse|Salmon with vegetables
Huhn mit Reis|Chicken with rice
Rindfleisch|Beef
Schweinefleisch|Pork
Schweinebraten|Roast pork
Rinderbraten mit Klößen|Roast beef with dumplings
Gemüse|Vegetables
Pilze|Mushrooms
Zwiebeln|Onions
Eier|Eggs
Spiegeleier|Fried eggs
Frühstück|Breakfast
Mittagessen|Lunch
Abendessen|Dinner
Kuchen|Cake
Apfelkuchen|Apple pie
Käsekuchen|Cheesecake
Apfelkuchen mit Sahne|Apple pie with cream
Eis|Ice cream
Gemischtes Eis|Mixed ice cream
Obst|Fruit
Obstsalat|Fruit salad
hausgemacht|homemade
vegetarisch|vegetarian
vegan|vegan
scharf|spicy
Guten Appetit!|Enjoy your meal!
Tagesgericht|Dish of the day
Suppe des Tages|Soup of the day
Empfehlung des Hauses|Recommendation of the house
Eintritt frei|Free admission
Eintritt|Admission
Erwachsene|Adults
Kinder|Children
Familien|Families
Studenten|Students
Konzert|Concert
Konzert im Park|Concert in the park
Flohmarkt|Flea market
Weihnachtsmarkt|Christmas market
Straßenfest|Street festival
Stadtfest|Town festival
Tag der offenen Tür|Open day
Ausstellung|Exhibition
Vortrag|Lecture
Theater|Theater
Kino|Cinema
Karten an der Abendkasse|Tickets at the door
Alle sind willkommen!|Everybody is welcome!
Wir freuen uns auf Sie!|We look forward to seeing you!
Wir freuen uns auf euch!|We look forward to seeing you!
Komm vorbei!|Come along!
Jetzt anmelden!|Register now!
Nur heute!|Today only!
Neu im Kino|New in cinemas
Gute Reise!|Have a good trip!
Gute Besserung!|Get well soon!
Frohe Weihnachten!|Merry Christmas!
Frohes neues Jahr!|Happy New Year!
Alles Gute zum Geburtstag!|Happy birthday!
Herzlichen Glückwunsch!|Congratulations!
Viel Glück!|Good luck!
Viel Spaß!|Have fun!
Guten Morgen|Good morning
Guten Morgen!|Good morning!
Guten Tag|Hello
Guten Tag!|Hello!
Guten Abend|Good evening
Gute Nacht|Good night
Hallo|Hello
Hallo!|Hello!
Tschüss|Bye
Tschüss!|Bye!
Auf Wiedersehen|Goodbye
Auf Wiedersehen!|Goodbye!
Bis bald|See you soon
Bis bald!|See you soon!
Bis morgen!|See you tomorrow!
Bis später!|See you later!
Bis später|See you later
Danke|Thanks
Danke!|Thanks!
Danke schön|Thank you
Danke, gut.|Fine, thanks.
Nein, danke.|No, thanks.
Ja, bitte.|Yes, please.
Bitte|Please
Bitte schön|You are welcome
Gern geschehen|You are welcome
Gern!|With pleasure!
Entschuldigung|Sorry
Entschuldigung!|Sorry!
Kein Problem|No problem
Kein Problem!|No problem!
Alles klar|All right
Alles klar!|All right!
Okay|Okay
Genau|Exactly
Natürlich|Of course
Sehr gut|Very good
Sehr schön!|Very nice!
Super!|Great!
Viele Grüße|Best wishes
Liebe Grüße|Love
Herzliche Grüße|Kind regards
Mit freundlichen Grüßen|Yours sincerely
Beste Grüße|Best regards
Schöne Grüße aus Berlin|Best wishes from Berlin
Sehr geehrte Damen und Herren,|Dear Sir or Madam,
Sehr geehrter Herr Müller,|Dear Mr. Müller,
Sehr geehrte Frau Schmidt,|Dear Mrs. Schmidt,
Liebe Familie,|Dear family,
Liebe Freunde,|Dear friends,
Meine Familie|My family
Meine Freunde|My friends
Meine Schwester|My sister
Mein Bruder|My brother
Familie|Family
Freunde|Friends
Heute|Today
Gestern|Yesterday
Morgen|Tomorrow
Woche|Week
Monat|Month
Jahr|Year
Nächste Woche|Next week
Letzte Woche|Last week
Heute Abend|Tonight
Online|Online
Schreibt...|Typing...
Nachricht schreiben|Write a message
Schreibe eine Nachricht|Write a message
Gruppe|Group
Anrufen|Call
Anruf|Call
Verpasster Anruf|Missed call
Foto gesendet|Photo sent
Impressum|Legal notice
Datenschutz|Privacy
Datenschutzerklärung|Privacy policy
Nutzungsbedingungen|Terms of use
Alle Cookies akzeptieren|Accept all cookies
Ablehnen|Decline
Akzeptieren|Accept
Wetter|Weather
Sonnig|Sunny
Bewölkt|Cloudy
Regen|Rain
Schnee|Snow
Wind|Wind
Achtung, Glatteis!|Caution, black ice!
Zutaten|Ingredients
Zubereitung|Preparation
Kühl und trocken lagern|Store in a cool and dry place
Mindestens haltbar bis|Best before
Vor Gebrauch schütteln|Shake before use
Für Kinder unzugänglich aufbewahren|Keep out of the reach of children
Hergestellt in Deutschland|Made in Germany
Gebrauchsanweisung|Instructions for use
Treffen|Meeting
Besprechung|Meeting
Treffen um zehn Uhr|Meeting at ten o'clock
Raum|Room
Tagesordnung|Agenda
Protokoll|Minutes
Teilnehmer|Participants
Projekt|Project
Ziele|Goals
Kosten|Costs
Umsatz|Sales
Gewinn|Profit
Kunden|Customers
Mitarbeiter|Employees
Verkauf|Sales
Einkauf|Purchasing
Vorteile|Advantages
Nachteile|Disadvantages
Problem|Problem
Lösung|Solution
Ausblick|Outlook
Plan|Plan
Unser Angebot|Our offer
Unsere Produkte|Our products
Unsere Kunden|Our customers
Unsere Geschichte|Our history
"""


def ordinal(n: int) -> str:
    return f"{n}{'th' if 4 <= n % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def clock(hour: int) -> str:
    return f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}"


def phrases() -> list[tuple[str, str]]:
    made = [(de, en) for de, en in (line.split("|") for line in PHRASES.strip().splitlines())]
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
    for number, (de, en) in enumerate(MONTHS):
        day = 1 + (number * 5 + 3) % 28
        made += [
            (de, en),
            (f"im {de}", f"in {en}"),
            (f"Im {de}", f"In {en}"),
            (f"{day}. {de}", f"{en} {day}"),
            (f"{day + 2}. {de} 2025", f"{en} {day + 2}, 2025"),
            (f"Ende {de}", f"End of {en}"),
            (f"{de} 2026", f"{en} 2026"),
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
    for name in NAMES:
        dear = "Liebe" if name[-1] == "a" or name in ("Sabine",) else "Lieber"
        made += [
            (f"{dear} {name},", f"Dear {name},"),
            (f"{dear} {name}!", f"Dear {name},"),
            (f"Hallo {name},", f"Hello {name},"),
            (f"Viele Grüße {name}", f"Best wishes {name}"),
            (f"Liebe Grüße, {name}", f"Love, {name}"),
        ]
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
            ]
    return made


def english_city(city: str) -> str:
    return {"München": "Munich", "Köln": "Cologne", "Wien": "Vienna", "Zürich": "Zurich"}.get(city, city)


if __name__ == "__main__":
    for german, english in dict.fromkeys(phrases()):
        print(f"{german}\t{english}")
