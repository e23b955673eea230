/** @file What a run folder begins with, for tests that train nothing. */
import type { Beginning } from "../../lib/lab/folder.js";
import { recipe } from "../../lib/lab/recipe.js";

const place = { name: "t5-nano", path: "/models/t5-nano", relative: "../models/t5-nano" };
export const beginning: Beginning = {
  recipe: recipe({ steps: 3 }),
  lock: {
    fluxion: "0.0",
    schema: 2,
    model: { ...place, digest: "ab12", whole: undefined },
    tokenizer: { ...place, digest: "cd34", whole: undefined },
    data: { name: "own", path: "/own", relative: "../own" },
    examples: { "cb/train": "ef56" },
  },
};
