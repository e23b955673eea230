/** @file The program as a process, and what all subcommands share. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SOURCE_NAMES } from "../../lib/io/fetch/catalogue.js";
import { DATA_SOURCES, type DataSource } from "../../lib/io/fetch/data-sets.js";
import { temporaryFolder } from "../io/folder.js";
import { failure, fluxion, fluxionJson } from "./run.js";

const Fluxion = suite("cli/fluxion");
const cache = temporaryFolder(Fluxion);
const start = (...args: string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", "lib/cli/fluxion.ts", ...args], {
    encoding: "utf8",
    timeout: 120_000,
  });

Fluxion("an error is one message on the error stream and exit code 1, without a stack", () => {
  const { status, stdout, stderr } = start("inspect", "nowhere");
  assert.is(status, 1);
  assert.is(stdout, "");
  assert.match(stderr, /there is no such file or folder/);
  assert.not.match(stderr, /\n\s+at .*\.ts:/);
});

Fluxion("results go to the output stream, and the exit code is 0", () => {
  const { status, stdout } = start("inspect", "assets/t5-nano", "--json");
  assert.is(status, 0);
  assert.is((JSON.parse(stdout) as { kind: string }).kind, "huggingface");
});

Fluxion("help names every subcommand, also without arguments; so does each its options", async () => {
  const { out } = await fluxion([]);
  for (const name of ["generate", "inspect", "convert", "export", "fetch"]) {
    assert.match(out, new RegExp(`\n {2}${name} `));
    assert.match((await fluxion([name, "--help"])).out, /--json/);
  }
  assert.is((await fluxion(["help", "convert"])).out, (await fluxion(["convert", "--help"])).out);
  assert.is((await fluxion(["help"])).out, out);
  assert.match((await fluxion(["--version"])).out, /^\d+\.\d+\.\d+\n$/);
});

Fluxion("no help page has a path of this machine, or a default that is empty", async () => {
  const { out } = await fluxion([]);
  const names = [...out.matchAll(/^ {2}(\w+) .*$/gm)]
    .map(([, name]) => name as string)
    .filter((name) => name !== "help");
  assert.ok(names.includes("train") && names.includes("evaluate"), names.join(", "));
  const commands = [[], ...names.map((name) => [name]), ["tasks", "show"]];
  for (const command of commands) {
    const page = (await fluxion([...command, "--help"])).out.replaceAll(/\s+/g, " ");
    assert.not.match(page, /\(default: (\[\]|""|\{\}|false|undefined)?\)/, command.join(" "));
    assert.not.match(page, /(^|[\s"(])(\/|[A-Z]:\\)\w/, command.join(" "));
  }
});

Fluxion("an unknown subcommand suggests one", async () => {
  assert.match(await failure("convrt"), /unknown command 'convrt'\n {2}hint +did you mean convert\?/);
  assert.match(await failure("help", "convrt"), /unknown command 'convrt'/);
});

Fluxion("an executor that the environment names and that is none is told with its variable", async () => {
  const saved = process.env.FLUXION_EXECUTOR;
  process.env.FLUXION_EXECUTOR = "cuda";
  try {
    assert.match(await failure("generate", "--model", "nowhere", "x"), /'cuda' from env 'FLUXION_EXECUTOR' is invalid/);
    assert.match(await failure("inspect", "nowhere"), /no such file/);
  } finally {
    if (saved === undefined) delete process.env.FLUXION_EXECUTOR;
    else process.env.FLUXION_EXECUTOR = saved;
  }
});

Fluxion("names that can be fetched are listed; others are refused without a connection", async () => {
  const names = await fluxionJson<{ name: string; kind: string; bytes: number | null; licence: string }[]>(
    ...["fetch", "--list"],
  );
  assert.equal(
    names.map(({ name }) => name),
    SOURCE_NAMES,
  );
  assert.ok(names.some(({ name, kind }) => name === "t5-small-lm-adapt" && kind === "model"));
  assert.match((await fluxion(["fetch", "--list"])).out, /^model\tt5-small\t-\tApache-2\.0\n/);
  assert.equal(
    names.find(({ name }) => name === "squad"),
    { kind: "data", name: "squad", bytes: 35_142_551, licence: "CC BY-SA 4.0" },
  );
  assert.is(names.find(({ name }) => name === "mrqa")?.bytes, null);
  assert.match(await failure("fetch"), /there is no name/);
  assert.match(await failure("fetch", "t5-small", "--list"), /--list is without a name/);
  assert.match(await failure("fetch", "t5-small", "--mirror", "nonsense"), /--mirror is not an address/);
  assert.match(await failure("fetch", "t5-tiny-lm-adapt"), /t5-tiny-lm-adapt/);
});

/** A data set without archives that was fetched before, by its lock, into a cache. */
const placed = (cache: string, name: string): { readonly folder: string; readonly files: readonly string[] } => {
  const { folder, files } = DATA_SOURCES.find((source) => source.name === name) as DataSource;
  const names = files.map((file) => file.name);
  for (const file of names) {
    mkdirSync(dirname(join(cache, folder, file)), { recursive: true });
    writeFileSync(join(cache, folder, file), "x");
  }
  const entry = { size: 1, sha256: createHash("sha256").update("x").digest("hex"), url: null };
  const locked = Object.fromEntries(names.map((file) => [file, entry]));
  writeFileSync(join(cache, folder, "fluxion-lock.json"), JSON.stringify({ version: 1, files: locked, absent: [] }));
  return { folder: join(cache, folder), files: names };
};

Fluxion("the licence of what is fetched is told, of a group that of each set", async () => {
  const dpr = placed(cache, "dpr");
  const licence = "see the original release";
  const { out, notes } = await fluxion(["fetch", "dpr", "--cache", cache]);
  assert.equal([out, notes], [`${dpr.folder}\n`, [`dpr: ${licence}`]]);
  assert.equal(await fluxionJson("fetch", "dpr", "--cache", cache), { name: "dpr", ...dpr, licence });
  const mrqa = placed(cache, "mrqa");
  assert.is(mrqa.files.length, 17);
  const group = await fluxion(["fetch", "mrqa", "--cache", cache, "--json"]);
  const said = JSON.parse(group.out) as { licence: string };
  assert.match(said.licence, /^mrqa-squad: CC BY-SA 4\.0; mrqa-news_qa: /);
  assert.is(group.notes.length, 12);
  assert.is(group.notes[0], "mrqa-squad: CC BY-SA 4.0");
  assert.match(group.notes.at(-1) ?? "", /^mrqa: without BioASQ/);
});

Fluxion("what only those get who register is told with exit code 1", () => {
  const { status, stdout, stderr } = start("fetch", "mrqa-bio_asq", "--cache", cache);
  assert.equal([status, stdout], [1, ""]);
  assert.match(stderr, /register at http:\/\/participants-area\.bioasq\.org\/MRQA2019\/[\s\S]*BioASQ\.jsonl\.gz/);
});

Fluxion("the commands of docs/cli.md print what it says", async () => {
  const blocks = [...readFileSync("docs/cli.md", "utf8").matchAll(/```console\n\$ fluxion (.*)\n([\s\S]*?)```/g)];
  assert.ok(blocks.length >= 3);
  for (const [, command, shown] of blocks) {
    const args = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
    const { out } = await fluxion(args);
    const [begin, end] = shown.split("...\n");
    assert.is(out.slice(0, begin.length), begin);
    assert.is(out.slice(-(end ?? begin).length), end ?? begin);
  }
});

Fluxion.run();
