/**
 * Tunes a soft prompt for a frozen T5 on a SuperGLUE task (Lester et al. 2021), evaluates it, and writes a run folder; with
 * `--task all` on all eight, one after another, and with `--method` by LoRA, IA3 or training of weights.
 *
 * `npm run superglue` needs no other set-up; `npm run superglue -- --help` lists every setting. `fluxion train` is the same program.
 */
import { interruption, readArguments, runMain } from "fluxion/cli";
import { run, terminal } from "fluxion/lab";
import { nodeStore } from "fluxion/store";

await runMain(async () => {
  const asked = await readArguments(process.argv.slice(2), { name: "superglue", preset: "nano" });
  if (asked === undefined) return;
  const { recipe, out, resume, verify } = asked;
  const outcome = await run(recipe, {
    store: nodeStore(out),
    resume,
    verify,
    listener: terminal(),
    signal: interruption(),
  });
  if (outcome.reason === "interrupted") process.exitCode = 130;
});
