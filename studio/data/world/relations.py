"""What is known of everybody in the world: twelve relations, how each is told, asked and answered.

In a sentence ``{who}`` stands for a name or a pronoun, ``{whose}`` and ``{whom}`` for its other cases, ``{own}`` for
"her" or "his", ``{v}`` for the value. A question names the sentence that answers it. The questions in ``unread`` are
those that no training text contains: each is a new arrangement of words that training texts do contain.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """``ask`` with ``{n}`` for the name; answered by the sentence number ``answer`` of its relation."""

    ask: str
    answer: int = 0


@dataclass(frozen=True, slots=True)
class Relation:
    """One thing that is known of everybody. ``values`` are single words that stand for nothing else in the world."""

    name: str
    values: tuple[str, ...]
    told: tuple[str, ...]
    asked: tuple[Question, ...]
    unread: tuple[Question, ...]


Words = tuple[str, ...]


def _relation(name: str, values: str, told: Words, asked: Words, unread: Words) -> Relation:
    """``asked`` and ``unread`` may begin with the number of the sentence that answers: ``"2 Where is …?"``."""
    return Relation(name, tuple(values.split()), told, tuple(map(_question, asked)), tuple(map(_question, unread)))


def _question(words: str) -> Question:
    first, _, rest = words.partition(" ")
    return Question(rest, int(first)) if first.isdigit() else Question(words)


RELATIONS: tuple[Relation, ...] = (
    _relation(
        "home",
        "Ashby Barton Cliffend Dunmore Elmwood Foxton Granby Hillside Kingsley Lakeside Milford Northam Oakham Penrose "
        "Redhill Stonebridge Thornton Underhill Westbury Yarrow",
        (
            "{who} lives in {v}.",
            "{whose} home is in {v}.",
            "{whose} house stands in {v}.",
            "{who} comes home to {v} every evening.",
            "{who} has a small house in {v}.",
            "{v} is the village where {who} lives.",
        ),
        (
            "Where does {n} live?",
            "In which village does {n} live?",
            "Do you know where {n} lives?",
            "1 Where is {n}'s home?",
            "1 Which village is {n}'s home in?",
            "2 Where does {n}'s house stand?",
            "1 Can you tell me where {n}'s home is?",
            "2 Can you tell me where {n}'s house stands?",
        ),
        ("1 In which village is {n}'s home?", "2 Do you know where {n}'s house stands?"),
    ),
    _relation(
        "job",
        "baker miller teacher doctor farmer carpenter sailor gardener tailor painter potter shepherd blacksmith "
        "courier clockmaker nurse pilot librarian weaver beekeeper",
        (
            "{who} works as a {v}.",
            "{whose} job is that of a {v}.",
            "{who} earns a living as a {v}.",
            "{who} is a {v}.",
            "{who} has been a {v} for years.",
            "{who} is known as a good {v}.",
        ),
        (
            "What does {n} work as?",
            "What kind of work does {n} do?",
            "1 What is {n}'s job?",
            "1 Which job does {n} have?",
            "2 What does {n} do for a living?",
            "2 How does {n} earn a living?",
            "1 Do you know what {n}'s job is?",
            "2 Can you tell me how {n} earns a living?",
        ),
        ("1 Can you tell me what {n}'s job is?", "2 Do you know how {n} earns a living?"),
    ),
    _relation(
        "pet",
        "dog cat rabbit parrot pony goat tortoise hamster goose duck hen lamb donkey canary ferret hedgehog mouse pig "
        "raven squirrel",
        (
            "{who} has a {v} as a pet.",
            "{whose} pet is a {v}.",
            "{who} takes care of a {v}.",
            "{who} goes everywhere with a {v}.",
            "{whose} best friend is a {v}.",
            "A {v} sleeps at the foot of {whose} bed.",
        ),
        (
            "Which pet does {n} have?",
            "What animal does {n} have as a pet?",
            "1 What is {n}'s pet?",
            "1 Do you know what {n}'s pet is?",
            "2 Which animal does {n} take care of?",
            "2 What does {n} take care of?",
            "Can you tell me which pet {n} has?",
        ),
        ("1 Which animal is {n}'s pet?", "Do you know which pet {n} has?"),
    ),
    _relation(
        "colour",
        "red blue green yellow purple orange pink brown black white grey turquoise violet crimson beige lilac scarlet "
        "ivory amber indigo",
        (
            "{whose} favourite colour is {v}.",
            "{who} likes {v} best of all colours.",
            "{who} has painted the front door {v}.",
            "Of all colours {who} loves {v} most.",
            "{who} likes to dress in {v}.",
            "{whose} curtains are {v}.",
        ),
        (
            "What is {n}'s favourite colour?",
            "Which colour is {n}'s favourite?",
            "Do you know {n}'s favourite colour?",
            "1 Which colour does {n} like best?",
            "1 What colour does {n} like best of all?",
            "4 In which colour does {n} like to dress?",
            "1 Can you tell me which colour {n} likes best?",
        ),
        ("1 Do you know which colour {n} likes best?", "4 What colour does {n} like to dress in?"),
    ),
    _relation(
        "food",
        "soup pancakes noodles rice stew salad pizza dumplings porridge cheese bread omelette pudding sausages "
        "potatoes mushrooms carrots waffles fish spinach",
        (
            "{whose} favourite food is {v}.",
            "{who} loves to eat {v}.",
            "{who} eats {v} every Sunday.",
            "{who} cooks {v} for every guest.",
            "{who} could eat {v} all day.",
            "For dinner {who} wants nothing but {v}.",
        ),
        (
            "What is {n}'s favourite food?",
            "Which food is {n}'s favourite?",
            "1 What does {n} love to eat?",
            "1 Which food does {n} love to eat?",
            "2 What does {n} eat every Sunday?",
            "2 Do you know what {n} eats every Sunday?",
            "Can you tell me {n}'s favourite food?",
        ),
        ("Do you know {n}'s favourite food?", "2 Which food does {n} eat every Sunday?"),
    ),
    _relation(
        "music",
        "violin piano flute drum guitar harp trumpet cello clarinet banjo horn organ accordion tuba oboe fiddle "
        "trombone lute harmonica triangle",
        (
            "{who} plays the {v}.",
            "{whose} instrument is the {v}.",
            "{who} practises the {v} every day.",
            "{who} plays the {v} at every wedding.",
            "{who} learned the {v} as a child.",
            "At night you can hear {whose} {v}.",
        ),
        (
            "Which instrument does {n} play?",
            "What instrument does {n} play?",
            "What does {n} play at every wedding?",
            "1 What is {n}'s instrument?",
            "2 Which instrument does {n} practise?",
            "2 What does {n} practise every day?",
            "Do you know which instrument {n} plays?",
            "2 Can you tell me what {n} practises every day?",
        ),
        ("Can you tell me which instrument {n} plays?", "2 What instrument does {n} practise every day?"),
    ),
    _relation(
        "garden",
        "roses tulips pumpkins cabbages onions lilies sunflowers strawberries tomatoes herbs peas daisies cherries "
        "radishes poppies leeks melons grapes lavender beets",
        (
            "{who} grows {v} in the garden.",
            "{whose} garden is full of {v}.",
            "{who} is proud of {own} {v}.",
            "{who} plants {v} every spring.",
            "{who} waters {own} {v} every morning.",
            "In spring {who} gives {v} to everybody.",
        ),
        (
            "What does {n} grow?",
            "What does {n} grow in the garden?",
            "1 What is {n}'s garden full of?",
            "1 Do you know what {n}'s garden is full of?",
            "3 What does {n} plant?",
            "3 What does {n} plant every spring?",
            "Can you tell me what {n} grows in the garden?",
            "3 Can you tell me what {n} plants?",
        ),
        ("Do you know what {n} grows in the garden?", "3 Do you know what {n} plants every spring?"),
    ),
    _relation(
        "collection",
        "stamps coins shells buttons feathers stones postcards marbles keys bottles masks spoons clocks maps hats "
        "ribbons candles puzzles kites bells",
        (
            "{who} collects {v}.",
            "{who} has a large collection of {v}.",
            "{who} is always looking for {v}.",
            "{who} has shelves full of {v}.",
            "{who} would swap anything for {v}.",
            "{whose} room is full of old {v}.",
        ),
        (
            "What does {n} collect?",
            "What kind of things does {n} collect?",
            "1 What does {n} have a collection of?",
            "1 What is in {n}'s collection?",
            "2 What is {n} always looking for?",
            "2 What kind of things is {n} always looking for?",
            "1 Do you know what is in {n}'s collection?",
            "Can you tell me what {n} collects?",
        ),
        ("Do you know what {n} collects?", "1 What kind of things are in {n}'s collection?"),
    ),
    _relation(
        "birthday",
        "January February March April May June July August September October November December",
        (
            "{who} was born in {v}.",
            "{whose} birthday is in {v}.",
            "{who} has a birthday party every {v}.",
            "{who} gets presents in {v}.",
            "{who} turns a year older in {v}.",
            "In {v} {who} dances for joy.",
        ),
        (
            "When was {n} born?",
            "In which month was {n} born?",
            "1 When is {n}'s birthday?",
            "1 In which month is {n}'s birthday?",
            "1 Do you know when {n}'s birthday is?",
            "3 When does {n} get presents?",
            "Can you tell me when {n} was born?",
        ),
        ("Do you know when {n} was born?", "3 In which month does {n} get presents?"),
    ),
    _relation(
        "journey",
        "Egypt Norway Japan Peru Kenya Iceland India Brazil Greece Spain Canada Chile Nepal Cuba Finland Mexico Turkey "
        "Scotland Portugal Vietnam",
        (
            "{who} dreams of a journey to {v}.",
            "{who} wants to travel to {v}.",
            "{who} reads everything about {v}.",
            "{whose} next journey goes to {v}.",
            "{who} is saving money to see {v}.",
            "One day {who} will travel to {v}.",
        ),
        (
            "Which country does {n} dream of?",
            "Where does {n} dream of going?",
            "1 Where does {n} want to travel?",
            "1 Which country does {n} want to see?",
            "1 Do you know where {n} wants to travel?",
            "3 Where does {n}'s next journey go?",
            "3 Can you tell me where {n}'s next journey goes?",
        ),
        ("1 To which country does {n} want to travel?", "3 Do you know where {n}'s next journey goes?"),
    ),
    _relation(
        "hobby",
        "skating swimming climbing sailing dancing cycling riding rowing hiking skiing running camping surfing bowling "
        "diving fencing boxing knitting juggling singing",
        (
            "{whose} hobby is {v}.",
            "{who} spends every free hour {v}.",
            "{who} is very good at {v}.",
            "{who} likes nothing better than {v}.",
            "{who} has won a prize for {v}.",
            "{who} never gets tired of {v}.",
        ),
        (
            "What is {n}'s hobby?",
            "Which hobby does {n} have?",
            "1 How does {n} spend every free hour?",
            "1 Do you know how {n} spends every free hour?",
            "2 What is {n} good at?",
            "2 What is {n} very good at?",
            "Can you tell me what {n}'s hobby is?",
            "2 Can you tell me what {n} is good at?",
        ),
        ("Do you know what {n}'s hobby is?", "2 Do you know what {n} is very good at?"),
    ),
    _relation(
        "fear",
        "thunder spiders snakes heights ghosts wolves storms darkness bats crowds needles wasps mirrors bears fire "
        "rats tunnels fog sharks dragons",
        (
            "{who} is afraid of {v}.",
            "{who} is scared of {v}.",
            "{whose} greatest fear is {v}.",
            "{who} runs away from {v}.",
            "{who} has bad dreams about {v}.",
            "Nothing scares {whom} more than {v}.",
        ),
        (
            "What is {n} afraid of?",
            "Do you know what {n} is afraid of?",
            "1 What is {n} scared of?",
            "2 What is {n}'s greatest fear?",
            "2 What is the greatest fear of {n}?",
            "3 What does {n} run away from?",
            "1 Can you tell me what {n} is scared of?",
            "2 Can you tell me what {n}'s greatest fear is?",
        ),
        ("1 Do you know what {n} is scared of?", "2 Do you know what {n}'s greatest fear is?"),
    ),
)
"""All of them; each has six sentences, six questions or more that training texts contain, and two that none does."""
