import { existsSync, readdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { leasesIn } from "../../lib/store/lease.js";
import { temporaryFolder } from "../io/folder.js";

const Leases = suite("store/lease");
const folder = temporaryFolder(Leases);

/** Lets a lease look as if nothing was heard of its holder for so long. */
const age = (name: string, seconds: number): void => {
  const then = Date.now() / 1000 - seconds;
  utimesSync(join(folder, name), then, then);
};

Leases("one of many claims wins, and the next one after it was given back", async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => leasesIn(folder, 60).claim("a")));
  const won = all.filter((lease) => lease !== undefined);
  assert.is(won.length, 1);
  assert.is((await leasesIn(folder, 60).holders()).get("a")?.pid, process.pid);
  assert.is(await won[0].renew(), true);
  await won[0].release();
  assert.is((await leasesIn(folder, 60).holders()).get("a"), undefined);
  assert.equal(readdirSync(folder), [], "no file is left");
  const next = await leasesIn(folder, 60).claim("a");
  assert.ok(next);
  await next.release();
});

Leases("a lease that was not renewed in time is taken over once, and its holder finds that out", async () => {
  const first = await leasesIn(folder, 5).claim("b");
  age("b", 4);
  assert.is(await leasesIn(folder, 1).claim("b"), undefined, "the holder's own seconds count");
  assert.is(await first?.renew(), true);
  age("b", 6);
  const all = await Promise.all(Array.from({ length: 20 }, () => leasesIn(folder, 60).claim("b")));
  const won = all.filter((lease) => lease !== undefined);
  assert.is(won.length, 1);
  assert.is(won[0].before?.seconds, 5);
  assert.is(await first?.renew(), false);
  await first?.release();
  assert.is(await won[0].renew(), true, "giving back what was lost takes nothing from its holder");
  await won[0].release();
});

Leases("holders are those that were heard of in time, and looking leaves nothing behind", async () => {
  const [fresh, stale] = [await leasesIn(folder, 60).claim("fresh"), await leasesIn(folder, 5).claim("stale")];
  age("stale", 6);
  const holders = await leasesIn(folder, 60).holders();
  assert.equal([...holders.keys()], ["fresh"]);
  assert.equal(readdirSync(folder).sort(), ["fresh", "stale"]);
  await fresh?.release();
  await stale?.release();
  assert.is((await leasesIn(join(folder, "none"), 60).holders()).size, 0);
  assert.not.ok(existsSync(join(folder, "none")));
});

Leases("clocks of machines that are wrong by minutes do not matter", async () => {
  const lease = await leasesIn(folder, 60).claim("c");
  const now = Date.now;
  try {
    for (const minutes of [-10, 10, 24 * 60]) {
      Date.now = () => now() + 60_000 * minutes;
      assert.is(await leasesIn(folder, 60).claim("c"), undefined);
      assert.is((await leasesIn(folder, 60).holders()).get("c")?.pid, process.pid);
      assert.is(await lease?.renew(), true);
    }
  } finally {
    Date.now = now;
  }
  await lease?.release();
});

Leases("a lease that is gone or cannot be read is lost", async () => {
  const lease = await leasesIn(folder, 60).claim("d");
  renameSync(join(folder, "d"), join(folder, "away"));
  assert.is(await lease?.renew(), false);
  writeFileSync(join(folder, "d"), "half a li");
  assert.is(await lease?.renew(), false);
  assert.is(await leasesIn(folder, 60).claim("d"), undefined, "until its time is over");
  age("d", 61);
  assert.ok(await leasesIn(folder, 60).claim("d"));
});

Leases.run();
