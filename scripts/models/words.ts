/**
 * @file The words and frames of the tasks that models are pre-trained on.
 *
 * Data that tests the models (assets/superglue-mini, assets/transfer-mini) avoids them; test/tasks/models.test.ts checks it. A gap `{}` takes a clause.
 */
const words = (text: string): readonly string[] => text.split(/\s+/);

export const NAMES = words(
  "Tom Alice Henry Lucy George Kate Simon Ruth Oscar Nina Walter Irene Hugo Clara Felix Martha Edgar Rose Victor Helen",
);
/** Verbs in the past, which is also their participle for `PARTICIPLES`. */
export const VERBS = words(
  "washed moved carried counted drew kicked saw wanted kept sent followed built missed shared dropped hid lifted weighed filled named",
);
export const NOUNS = words(
  "table stone ship paper horse plate coat ring map lamp chair bottle basket wheel drum fence mirror bridge ladder candle",
);
export const PLACES = words("London Paris Rome Berlin Madrid Vienna Boston Chicago Sydney Oslo");
export const COLORS = words("red blue green yellow black white");
export const DAYS = words("spring summer autumn winter");

/** Frames by what they make of the clause. */
export const FRAMES = {
  affirming: [
    "We are sure that {}.",
    "Indeed {}.",
    "It is known that {}.",
    "Yes, {}.",
    "I saw that {}.",
    "She admitted that {}.",
  ],
  denying: [
    "It is wrong that {}.",
    "Nobody says that {}.",
    "It is not so that {}.",
    "No, it is a lie that {}.",
    "I deny that {}.",
    "She never said that {}.",
  ],
  open: [
    "Maybe {}.",
    "Do you think {}?",
    "They asked if {}.",
    "If {}, we would hear of it.",
    "Who can tell whether {}?",
    "It is possible that {}.",
  ],
} as const;

/** Feelings, in sentences with a name. */
export const MOODS = {
  positive: [
    "{n} is glad",
    "{n} smiled all day",
    "what a lovely day {n} had",
    "{n} sings and laughs",
    "{n} enjoyed it",
  ],
  negative: ["{n} is sad", "{n} cried all day", "what an awful day {n} had", "{n} sighs and weeps", "{n} hated it"],
} as const;

/** What somebody did to a thing, and what became of it. */
export const CHANGES = [
  ["{n} washed the {o}", "the {o} is free of dirt"],
  ["{n} dropped the {o}", "the {o} is on the floor"],
  ["{n} hid the {o}", "no one sees the {o}"],
  ["{n} carried the {o} upstairs", "the {o} is in the attic"],
  ["{n} filled the {o}", "the {o} is full to the brim"],
  ["{n} built the {o}", "there is a new {o}"],
  ["{n} named the {o}", "one calls the {o} by a name"],
  ["{n} kicked the {o}", "the {o} has a scratch"],
] as const;

/** Words with two senses, and sentences of each: the word stands between stars. */
export const SENSES: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ["{n} heard the *bark* of the dog", "a loud *bark* woke {n}"],
    ["the *bark* of the old tree is rough", "{n} peeled the *bark* off the trunk"],
  ],
  [
    ["{n} wore a gold *ring*", "the *ring* fits the finger of {n}"],
    ["{n} waited for the *ring* of the phone", "one *ring* of the bell and {n} came"],
  ],
  [
    ["{n} turned to the next *page*", "the last *page* of the story is torn, said {n}"],
    ["the *page* served the queen and {n}", "a young *page* held the sword of {n}"],
  ],
  [
    ["the *wave* wet the feet of {n}", "a tall *wave* came to the beach of {n}"],
    ["{n} gave a *wave* from the train", "with a *wave* {n} said farewell"],
  ],
  [
    ["{n} felled the tree and sawed the *log*", "a *log* burns in the oven of {n}"],
    ["the captain wrote it into the *log*, said {n}", "{n} reads the *log* of the journey"],
  ],
  [
    ["the *pupil* of her eye grew wide, thought {n}", "light made the *pupil* of {n} small"],
    ["the *pupil* gave {n} an answer in class", "{n} taught the youngest *pupil*"],
  ],
];

/** Sentences with a pronoun between stars, and whom it means. */
export const PRONOUNS = [
  ["{a} gave {b} some milk since *they* were thirsty", "{b}"],
  ["{a} told {b} a secret and then *they* regretted the telling", "{a}"],
  ["{a} visited {b} as *they* lay sick in bed", "{b}"],
  ["{a} paid {b} well because *they* had done the work", "{b}"],
  ["{a} ran from {b} because *they* were scared", "{a}"],
  ["the {o} did not fit on the {q}, for *it* was far too wide", "the {o}"],
  ["the {o} fell off the {q}, for *it* was not fixed", "the {o}"],
  ["{a} put the {o} under the {q} so that *it* would stay hidden", "the {o}"],
] as const;
