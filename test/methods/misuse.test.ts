/** Wrong calls of a method's `init` and `apply` end in typed errors that name the method. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFluxionError } from "../../lib/core/errors.js";
import { random, init as start } from "../../lib/index.js";
import { METHODS, samples } from "./samples.js";

const Misuse = suite("methods/misuse");
Misuse.before(() => start({ backend: "reference" }));

type Loose = Record<"init" | "apply", (...args: unknown[]) => unknown>;

for (const [name, method] of Object.entries(METHODS)) {
  Misuse(`${name}: init and apply refuse what is missing or of another kind`, () => {
    const { config, params } = samples();
    const { init, apply } = method as unknown as Loose;
    const [key, tuned] = [random.key(0), method.init(random.key(0), config, params)];
    const calls: Readonly<Record<string, () => unknown>> = {
      "apply()": () => apply(),
      "apply(config)": () => apply(config),
      "apply(config, params)": () => apply(config, params),
      "apply(params, config, tuned)": () => apply(params, config, tuned),
      "init(key, config)": () => init(key, config),
      "init(key, params, config)": () => init(key, params, config),
    };
    for (const [call, run] of Object.entries(calls)) {
      try {
        run();
        assert.unreachable(`${call} is taken`);
      } catch (error) {
        assert.ok(isFluxionError(error), `${call}: ${error}`);
      }
    }
  });
}

Misuse.run();
