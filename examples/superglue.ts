/**
 * Tunes a soft prompt for a frozen T5 on a SuperGLUE task (Lester et al. 2021), evaluates it, and writes a run folder; with
 * `--task all` on all eight, one after another, and with `--method` by LoRA, IA3 or training of weights.
 *
 * `npm run superglue` needs no other set-up; `npm run superglue -- --help` lists every setting.
 */
import { onInterrupt, runMain } from "../lib/cli/main.js";
import { readInvocation } from "../lib/cli/options.js";
import { type Interrupted, tune } from "../lib/cli/tune.js";
import { tuneAll } from "../lib/cli/tune-all.js";

await runMain(async () => {
  const invocation = await readInvocation(process.argv.slice(2));
  if (invocation === undefined) return;
  const interrupted: Interrupted = { asked: onInterrupt(() => interrupted.onAsked()), onAsked: () => undefined };
  if (invocation.config.task === "all") await tuneAll(invocation, interrupted);
  else await tune(invocation, interrupted);
});
