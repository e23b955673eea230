/**
 * A transformer learns the letters of the Apache license and writes on in its style: a `scan` over the stacked parameters of its layers, inside
 * of a scan over the characters it draws. `node --conditions=fluxion-source --import tsx examples/char-lm.ts`
 */
import { readFileSync } from "node:fs";
import { grad, init, jit, nn, np, optim, random, scan, type Tensor, vmap } from "fluxion";

await init();

const [FEATURES, HEADS, LAYERS, LENGTH, BATCH, STEPS] = [48, 4, 2, 32, 16, 500];
const text = readFileSync(new URL("../LICENSE", import.meta.url), "utf8").replace(/\s+/g, " ");
const letters = [...new Set(text)].sort();
const ids = np.array(
  Array.from(text, (c) => letters.indexOf(c)),
  { dtype: "int32" },
);

const embed = nn.embed(letters.length, FEATURES);
const norm = nn.layerNorm(FEATURES);
const attention = nn.multiHeadAttention(FEATURES, { heads: HEADS });
const mlp = nn.sequential(nn.dense(FEATURES, 4 * FEATURES), nn.gelu, nn.dense(4 * FEATURES, FEATURES));
const initLayer = (key: Tensor) => {
  const [a, b] = random.subkeys(key);
  return { norm1: norm.init(a), attention: attention.init(a), norm2: norm.init(b), mlp: mlp.init(b) };
};
const initModel = (key: Tensor) => {
  const [a, b, c] = random.subkeys(key, 3);
  const places = nn.initializers.normal(0.1)(a, [LENGTH, FEATURES]);
  // One call makes all layers: every leaf has a first axis of size LAYERS.
  return { embed: embed.init(b), places, layers: vmap(initLayer)(random.split(c, LAYERS)), norm: norm.init(c) };
};
type Params = ReturnType<typeof initModel>;
const layer = (h: Tensor, p: ReturnType<typeof initLayer>): Tensor => {
  const attended = np.add(h, attention.apply(p.attention, norm.apply(p.norm1, h), { isCausal: true }));
  return np.add(attended, mlp.apply(p.mlp, norm.apply(p.norm2, attended)));
};

/** Scores of the character that follows each place: ids `[..., LENGTH]` to `[..., LENGTH, letters]`. */
const logits = (params: Params, x: Tensor): Tensor => {
  const start = np.add(embed.apply(params.embed, x), params.places);
  const [h] = scan((h, p) => [layer(h, p), null], start, params.layers);
  return embed.attend(params.embed, norm.apply(params.norm, h));
};

/** The mean cross entropy of a character, in nats, in random pieces of the text. */
const loss = (params: Params, key: Tensor): Tensor => {
  const starts = random.randint(key, [BATCH, 1], 0, ids.size - LENGTH);
  const pieces = np.take(ids, np.add(starts, np.arange(LENGTH + 1)));
  const scores = logits(params, np.delete(pieces, -1, 1));
  return np.mean(nn.softmaxCrossEntropyWithIntegerLabels(scores, np.delete(pieces, 0, 1)));
};

const [first, training, testing, drawing] = random.subkeys(random.key(0), 4);
const adam = optim.adam({ learningRate: optim.cosineDecaySchedule(0.01, STEPS) });
type State = { readonly params: Params; readonly moments: optim.OptState<typeof adam, Params>; readonly key: Tensor };
const advance = ({ params, moments, key }: State): State => {
  const [now, later] = random.subkeys(key);
  const [updates, next] = adam.update(grad(loss)(params, now), moments, params);
  return { params: optim.applyUpdates(params, updates), moments: next, key: later };
};
const step = jit(advance, { donate: [0] });

/** Draws characters that follow `window`, one a key; the window moves on with each. */
const write = jit((params: Params, window: Tensor, keys: Tensor): Tensor => {
  const turn = (window: Tensor, key: Tensor): [Tensor, Tensor] => {
    const next = random.categorical(key, np.multiply(2, np.take(logits(params, window), -1, 0)));
    return [np.append(np.delete(window, 0), next), next];
  };
  return scan(turn, window, keys)[1];
});

const params = initModel(first);
const measure = jit((params: Params) => loss(params, testing));
console.log(`loss before: ${measure(params).item().toFixed(2)} (expected at least 3.5)`);
let state: State = { params, moments: adam.init(params), key: training };
for (let i = 0; i < STEPS; i++) state = step(state);
console.log(`loss after: ${measure(state.params).item().toFixed(2)} (expected at most 1.6)`);
const drawn = write(state.params, np.take(ids, np.arange(LENGTH)), random.split(drawing, 200));
console.log(Array.from(drawn.dataSync(), (i) => letters[i]).join(""));
