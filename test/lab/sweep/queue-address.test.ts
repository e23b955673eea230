import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bullQueue } from "../../../lib/lab/sweep/bull-queue.js";
import { queueAddress } from "../../../lib/lab/sweep/queue-address.js";
import {
  checkShared,
  queueName,
  type Register,
  refuseLeased,
  refuseServed,
} from "../../../lib/lab/sweep/shared-folder.js";
import { leasesIn } from "../../../lib/store/lease.js";
import { memoryStore } from "../../../lib/store/memory.js";
import { nodeStore } from "../../../lib/store/node.js";
import { messageOf } from "../../helpers/runtime.js";

const Addresses = suite("lab/sweep/queue-address");

Addresses("an address is shown without name and password, and messages lose the password", () => {
  const { kind, shown, hide } = queueAddress("postgres://me:s%2Fcret@db.example:5432/runs?sslmode=require");
  assert.equal([kind, shown], ["postgres", "postgres://db.example:5432/runs"]);
  assert.is(hide("no user me with s/cret or s%2Fcret"), "no user me with *** or ***");
  assert.is(queueAddress("rediss://:key@host:1/2").kind, "redis");
  assert.is(queueAddress("postgres://me@host/db?password=hidden").hide("no hidden"), "no ***");
});

Addresses("what is no address of a known server is refused, and a password in it is not shown", () => {
  assert.match(
    messageOf(() => queueAddress("mysql://me:secret@host/db")) as string,
    /no queue speaks .*\n.*\n +got +mysql:/,
  );
  assert.not.match(messageOf(() => queueAddress("mysql://me:secret@host/db")) as string, /secret/);
  assert.not.match(messageOf(() => queueAddress("me:secret@host")) as string, /secret/);
  assert.match(messageOf(() => queueAddress("redis:///0")) as string, /without a host/);
});

Addresses("a server that does not answer is refused at once", async () => {
  const dir = mkdtempSync(join(tmpdir(), "fluxion-queue-"));
  try {
    for (const url of ["redis://127.0.0.1:1", "postgres://me:secret@127.0.0.1:1/db"]) {
      const options = { url, create: true, leaseSeconds: 3, wait: true, note: () => undefined };
      const error = await bullQueue(nodeStore(dir), options).then(
        () => undefined,
        (cause: Error) => cause,
      );
      assert.match(error?.message ?? "", /does not answer/);
      assert.not.match(error?.message ?? "", /secret/);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

const refused = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "not refused",
    ({ message }: Error) => message,
  );

Addresses("workers with and without a queue on a server are not at work together", async () => {
  const dir = mkdtempSync(join(tmpdir(), "fluxion-queue-"));
  try {
    const sweep = nodeStore(dir);
    await refuseServed(sweep);
    await queueName(sweep, true);
    // A name alone is what a server that did not answer leaves.
    assert.is(await refused(refuseServed(sweep)), "not refused");
    await checkShared(sweep, { read: async () => undefined, write: async () => undefined }, true);
    assert.match(
      await refused(refuseServed(sweep)),
      /from a queue on a server[\s\S]*same --queue[\s\S]*remove the folder .*queue/,
    );

    await refuseLeased(sweep, 3);
    const lease = await leasesIn(join(dir, "leases"), 30).claim("a");
    assert.match(
      await refused(refuseLeased(sweep, 3)),
      /without a queue on a server are at work[\s\S]* 30 more seconds/,
    );
    await lease?.release();
    assert.is(await refused(refuseLeased(sweep, 3)), "not refused");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

Addresses("a worker that sees a copy of the folder is refused; the folder of the others is not", async () => {
  let last: string | undefined;
  const register: Register = {
    read: async () => last,
    write: async (token) => {
      last = token;
    },
  };
  const [shared, copy] = [memoryStore(), memoryStore()];
  assert.match(await refused(queueName(shared, false)), /has no queue on a server/);
  const name = await queueName(shared, true);
  assert.is(await queueName(shared, false), name);
  assert.match(await refused(checkShared(shared, register, false)), /has no queue of this sweep/);
  await checkShared(shared, register, true);
  await checkShared(shared, register, false);
  assert.match(await refused(checkShared(copy, register, false)), /see another folder/);
});

Addresses.run();
