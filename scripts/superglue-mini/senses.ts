/** @file Words with two senses for WiC, and sentences of each sense: the word stands in brackets, `{n}` is a name. */
import { alternate } from "./shared.js";

export const SENSES = alternate([
  {
    word: "bank",
    senses: [
      ["{n} put money in the [bank].", "The [bank] lent {n} money.", "Two [banks] refused {n} a loan."],
      [
        "{n} sat on the [bank] of the river.",
        "The river broke its [bank] near {n}.",
        "Grass grew on the [banks] below {n}.",
      ],
    ],
  },
  {
    word: "spring",
    senses: [
      ["Flowers bloom in [spring] for {n}.", "{n} was born in the [spring].", "Each [spring] {n} planted beans."],
      ["A [spring] in the sofa hurt {n}.", "{n} pressed the metal [spring].", "The metal [springs] creaked under {n}."],
    ],
  },
  {
    word: "bat",
    senses: [
      ["A [bat] flew over {n} at night.", "{n} noticed [bats] in the cave.", "The [bat] slept in a cave near {n}."],
      ["{n} swung the wooden [bat].", "The wooden [bat] of {n} struck the ball.", "{n} struck the ball with [bats]."],
    ],
  },
  {
    word: "seal",
    senses: [
      ["A [seal] swam toward {n}.", "{n} fed fish to the [seal].", "The [seals] ate fish beside {n}."],
      [
        "{n} set a wax [seal] on the envelope.",
        "The [seal] of the king impressed {n}.",
        "{n} cracked the wax [seals].",
      ],
    ],
  },
  {
    word: "match",
    senses: [
      ["{n} won the tennis [match].", "The [match] ended and {n} cheered.", "{n} watched two tennis [matches]."],
      [
        "{n} struck a [match] to light the fire.",
        "The [match] scorched the finger of {n}.",
        "{n} lit the fire with [matches].",
      ],
    ],
  },
  {
    word: "crane",
    senses: [
      [
        "The [crane] spread its wings before {n}.",
        "{n} photographed a [crane] with long wings.",
        "[Cranes] nested in the marsh of {n}.",
      ],
      [
        "The [crane] hoisted steel beams for {n}.",
        "{n} steered the [crane] at the harbour.",
        "Two [cranes] raised the steel above {n}.",
      ],
    ],
  },
  {
    word: "nail",
    senses: [
      ["{n} bit the [nail] of a finger.", "The [nails] of {n} were red.", "{n} trimmed a finger [nail]."],
      [
        "{n} hammered a [nail] into the wood.",
        "The [nail] fixed the shelf of {n}.",
        "{n} bought [nails] and a hammer.",
      ],
    ],
  },
  {
    word: "palm",
    senses: [
      ["{n} read the lines of the [palm].", "The [palm] of {n} was sweaty.", "{n} rubbed both [palms] together."],
      ["A tall [palm] shaded {n}.", "{n} climbed the tall [palm] for coconuts.", "[Palms] lined the beach of {n}."],
    ],
  },
  {
    word: "trunk",
    senses: [
      ["{n} leaned on the [trunk] of an oak.", "The oak above {n} has a thick [trunk].", "{n} carved the [trunks]."],
      [
        "{n} packed clothes into the [trunk].",
        "The [trunk] with the clothes of {n} was heavy.",
        "{n} locked both [trunks].",
      ],
    ],
  },
  {
    word: "bow",
    senses: [
      ["{n} shot an arrow from the [bow].", "The archer {n} bent the [bow].", "[Bows] and an arrow armed {n}."],
      ["{n} tied a silk [bow].", "A pink [bow] decorated the hair of {n}.", "{n} untied the silk [bows]."],
    ],
  },
  {
    word: "organ",
    senses: [
      [
        "{n} plays the [organ] in church.",
        "The church [organ] was too loud for {n}.",
        "Music from the [organs] pleased {n}.",
      ],
      ["The heart is an [organ] of {n}.", "{n} gave a sick man an [organ].", "A doctor checked the [organs] of {n}."],
    ],
  },
  {
    word: "mouse",
    senses: [
      [
        "A [mouse] stole cheese from {n}.",
        "The cat of {n} caught a [mouse].",
        "{n} set cheese in a trap for the [mouse].",
      ],
      [
        "{n} clicked with the [mouse].",
        "The screen froze and {n} shook the [mouse].",
        "{n} plugged the [mouse] into the computer.",
      ],
    ],
  },
  {
    word: "pool",
    senses: [
      [
        "{n} jumped into the [pool].",
        "The water in the [pool] was cold for {n}.",
        "{n} dived under water in the [pools].",
      ],
      ["{n} played [pool] in the bar.", "A game of [pool] cost {n} a beer.", "{n} likes a game of [pool]."],
    ],
  },
  {
    word: "court",
    senses: [
      ["The judge questioned {n} in [court].", "{n} lied in [court] to the judge.", "Two [courts] fined {n}."],
      ["{n} served first on the [court].", "The [court] of {n} needs a net.", "{n} ran across the [court] to the net."],
    ],
  },
  {
    word: "club",
    senses: [
      ["{n} joined the chess [club].", "The chess [club] elected {n}.", "{n} left two [clubs]."],
      ["A giant chased {n} with a [club].", "{n} turned a branch into a [club].", "The heavy [club] fell on {n}."],
    ],
  },
  {
    word: "mint",
    senses: [
      ["{n} chewed fresh [mint].", "The tea of {n} tasted of [mint].", "{n} stirred [mint] into the tea."],
      ["The [mint] produced coins for {n}.", "{n} toured the [mint] with its coins.", "Both [mints] hired {n}."],
    ],
  },
]);
