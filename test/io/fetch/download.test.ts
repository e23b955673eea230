import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DownloadError, isFluxionError } from "../../../lib/core/errors.js";
import { type DownloadOptions, download } from "../../../lib/io/fetch/download.js";
import { sendBytes, serve, sha256 } from "./server.js";

const Suite = suite("io/fetch/download");
const folder = mkdtempSync(join(tmpdir(), "fluxion-download-"));
Suite.after(() => rmSync(folder, { recursive: true }));

const BYTES = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) >> 5);
const SHA = sha256(BYTES);
const LINKED = { "x-linked-etag": `"${SHA}"`, "x-linked-size": `${BYTES.length}` };

let next = 0;
const newPath = (): string => join(folder, `${next++}`, "file.bin");
type Handle = (request: IncomingMessage, response: ServerResponse, n: number) => void;

/** A part of a file, as a download leaves it, or as one that is under way has it. */
const leavePart = (path: string, bytes: Uint8Array, url: string, owner = ""): string => {
  const part = `${path}.part${owner}`;
  mkdirSync(part, { recursive: true });
  writeFileSync(join(part, "bytes"), bytes);
  writeFileSync(join(part, "version.json"), JSON.stringify({ url, validator: '"v1"' }));
  return part;
};

/** Downloads from a server; checks the file, or the absence of one after an error. */
const run = async (handle: Handle, options: DownloadOptions = {}, path = newPath(), known?: string) => {
  await using server = await serve(handle);
  let error: DownloadError | undefined;
  try {
    const result = await download({ url: `${server.url}/f`, path, sha256: known }, { delayMs: 1, ...options });
    assert.equal(result, { size: BYTES.length, sha256: SHA });
    assert.equal(readFileSync(path), Buffer.from(BYTES));
    assert.equal(readdirSync(join(path, "..")), ["file.bin"]);
  } catch (cause) {
    if (!isFluxionError(cause, "DownloadError")) throw cause;
    assert.not(existsSync(path), "no file after an error");
    error = cause;
  }
  return { requests: server.requests, path, error };
};
const fails = async (
  handle: Handle,
  message: RegExp,
  options: DownloadOptions = {},
  path = newPath(),
  known?: string,
) => {
  const result = await run(handle, options, path, known);
  assert.match(result.error?.message ?? "no error", message);
  return result;
};

Suite("a file arrives whole, with progress", async () => {
  const seen: number[] = [];
  const onBytes = (done: number, total?: number) => void seen.push(done, total ?? -1);
  const { requests } = await run((req, res) => sendBytes(req, res, BYTES), { onBytes });
  assert.equal(requests, ["/f"]);
  assert.equal(seen.slice(-2), [BYTES.length, BYTES.length]);
});

Suite("a connection that breaks off is taken up where it stopped, however often", async () => {
  let done = 0;
  const arrived = (): number => done;
  const { requests, error } = await run((req, res) => sendBytes(req, res, BYTES, { breakAfter: 30_000, arrived }), {
    retries: 0,
    onBytes: (bytes) => {
      done = bytes;
    },
  });
  assert.is(error, undefined);
  assert.equal(requests, ["/f", ...[1, 2, 3, 4, 5, 6].map((n) => `/f bytes=${n * 30_000}-`)]);
});

Suite("a part of an earlier run is continued", async () => {
  const path = newPath();
  await using server = await serve((req, res, n) => sendBytes(req, res, BYTES, n === 0 ? { breakAfter: 50_000 } : {}));
  const request = { url: `${server.url}/f`, path };
  const stop = new AbortController();
  const onBytes = (done: number) => done >= 50_000 && stop.abort();
  try {
    await download(request, { signal: stop.signal, onBytes });
    assert.unreachable();
  } catch (error) {
    assert.ok(isFluxionError(error, "DownloadError") && /interrupted/.test(error.message));
  }
  assert.equal(await download(request), { size: BYTES.length, sha256: SHA });
  assert.match(server.requests.at(-1) ?? "", /bytes=[1-9]\d*-/);
  assert.equal(readFileSync(path), Buffer.from(BYTES));
});

Suite("a part from another address is not continued, whatever its version is called", async () => {
  const path = newPath();
  leavePart(path, Buffer.alloc(100), "http://other.example/f");
  const { requests } = await run((req, res) => sendBytes(req, res, BYTES), {}, path);
  assert.equal(requests, ["/f"]);
});

Suite("a whole part that was not renamed is not loaded again", async () => {
  const path = newPath();
  await using server = await serve((req, res) => sendBytes(req, res, BYTES));
  const url = `${server.url}/f`;
  leavePart(path, BYTES, url);
  assert.equal(await download({ url, path }), { size: BYTES.length, sha256: SHA });
  assert.equal(server.requests, [`/f bytes=${BYTES.length}-`]);
});

const ownedBy = (pid: number): string => `-${hostname().replace(/[^\w.]/g, "_")}-${pid}-00c0ffee`;

Suite("what a killed process left is continued, the longest part first, and nothing of it stays", async () => {
  const path = newPath();
  const dead = spawnSync("true").pid;
  await using server = await serve((req, res) => sendBytes(req, res, BYTES));
  const url = `${server.url}/f`;
  leavePart(path, BYTES.subarray(0, 70_000), url, ownedBy(dead));
  leavePart(path, BYTES.subarray(0, 60_000), url);
  assert.equal(await download({ url, path }), { size: BYTES.length, sha256: SHA });
  assert.equal(server.requests, ["/f bytes=70000-"]);
  assert.equal(readdirSync(join(path, "..")), ["file.bin"]);
});

Suite("two that load the same file do not write into one part", async () => {
  const path = newPath();
  await using server = await serve((req, res) => sendBytes(req, res, BYTES));
  const url = `${server.url}/f`;
  // Another process, which runs: its bytes are not those of the file yet.
  const other = leavePart(path, Buffer.alloc(1000), url, ownedBy(process.ppid));
  const both = await Promise.all([download({ url, path }), download({ url, path })]);
  for (const result of both) assert.equal(result, { size: BYTES.length, sha256: SHA });
  assert.equal(server.requests, ["/f", "/f"]);
  assert.equal(readFileSync(path), Buffer.from(BYTES));
  assert.equal(readFileSync(join(other, "bytes")), Buffer.alloc(1000));
});

Suite("a small file of a repository is compared with what Git calls it", async () => {
  // As huggingface.co declares tokenizer_config.json of bert-base-uncased at revision 1a7dd49, by the tests of @huggingface/hub.
  const text = Buffer.from('{\n  "do_lower_case": true\n}\n');
  const etag = '"a661b1a138dac6dc5590367402d100765010ffd6"';
  const sending =
    (bytes: Uint8Array, headers: Record<string, string>): Handle =>
    (req, res) =>
      sendBytes(req, res, bytes, { etag, headers });
  const get = async (handle: Handle) => {
    await using server = await serve(handle);
    const path = newPath();
    await download({ url: `${server.url}/f`, path }, { delayMs: 1 });
    return readFileSync(path);
  };
  const repository = { "x-repo-commit": "1a7dd4986e3dab699c24ca19b2afd0f5e1a80f37" };
  assert.equal(await get(sending(text, repository)), text);
  const other = Buffer.from(text.toString().replace("true", "TRUE"));
  assert.equal(await get(sending(other, {})), other, "an entity tag of another server may mean anything");
  await fails(sending(other, repository), /other bytes than declared[\s\S]*Git calls/);
});

Suite(
  "a file that was compressed on the way, although it was asked not to, arrives, and is not continued in its middle",
  async () => {
    const packed = gzipSync(BYTES);
    const { requests, error } = await run((_, res, n) => {
      res.writeHead(200, { etag: '"v1"', "content-encoding": "gzip", "content-length": packed.length });
      if (n > 0) res.end(packed);
      else res.write(packed.subarray(0, packed.length / 2), () => setTimeout(() => res.destroy(), 20));
    });
    assert.is(error, undefined);
    assert.equal(requests, ["/f", "/f"]);
  },
);

Suite("where there is no connection and a proxy is set that Node does not use, this is said", async () => {
  const server = await serve(() => undefined);
  await server[Symbol.asyncDispose]();
  const names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NODE_USE_ENV_PROXY"];
  const before = names.map((name) => [name, process.env[name]] as const);
  const hint = async (env: Record<string, string>): Promise<string> => {
    for (const name of names) delete process.env[name];
    Object.assign(process.env, env);
    const failed = download({ url: `${server.url}/f`, path: newPath() }, { delayMs: 1, retries: 0 });
    return failed.then(
      () => "",
      (error: DownloadError) => error.mismatch.hint ?? "",
    );
  };
  try {
    assert.match(await hint({ HTTPS_PROXY: "http://proxy:3128" }), /^HTTPS_PROXY is set[\s\S]*NODE_USE_ENV_PROXY=1/);
    assert.match(await hint({ HTTPS_PROXY: "http://proxy:3128", NODE_USE_ENV_PROXY: "1" }), /^check the connection/);
    assert.match(await hint({}), /^check the connection/);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

Suite("a server without ranges, or with a new version, sends the file from the beginning", async () => {
  const ignoring = await run((req, res, n) =>
    sendBytes(req, res, BYTES, n === 0 ? { breakAfter: 50_000 } : { ignoreRange: true }),
  );
  assert.is(ignoring.requests.length, 2);
  const other = BYTES.map((byte) => byte ^ 1);
  await run((req, res, n) =>
    sendBytes(req, res, n === 0 ? other : BYTES, n === 0 ? { breakAfter: 50_000, etag: '"v0"' } : {}),
  );
});

Suite("a server that always breaks off at one place is given up", async () => {
  const handle: Handle = (req, res) => sendBytes(req, res, BYTES, { breakAfter: 50_000, ignoreRange: true });
  const { requests } = await fails(handle, /could not be fetched[\s\S]*tries/, { retries: 2 });
  assert.ok(requests.length <= 5, `${requests.length} requests`);
});

Suite("a part that is longer than the file, or another part than asked for, starts it anew", async () => {
  const path = newPath();
  for (const content of [Buffer.alloc(BYTES.length + 9), Buffer.from(BYTES.subarray(0, 1000))]) {
    await using server = await serve((req, res, n) => {
      const wrong = n === 0 && content.length === 1000;
      if (wrong) res.writeHead(206, { "content-range": `bytes 7-9/${BYTES.length}`, "content-length": 3 }).end("abc");
      else sendBytes(req, res, BYTES);
    });
    const url = `${server.url}/f`;
    leavePart(path, content, url);
    assert.equal(await download({ url, path }, { delayMs: 1 }), { size: BYTES.length, sha256: SHA });
    rmSync(path);
  }
});

Suite("errors of the server are tried again, after the time it asks for; refusals are not", async () => {
  const { requests } = await run((req, res, n) => {
    if (n < 3) res.writeHead([500, 503, 429][n] ?? 500, { "retry-after": "0" }).end("later");
    else sendBytes(req, res, BYTES);
  });
  assert.is(requests.length, 4);
  const gone = await fails((_, res) => res.writeHead(404).end("no"), /status 404[\s\S]*no such file/);
  assert.is(gone.requests.length, 1);
  const down = await fails((_, res) => res.writeHead(502).end(), /status 502[\s\S]*3 tries/, { retries: 2 });
  assert.is(down.requests.length, 3);
});

Suite("size and checksum are those of the answer that redirects", async () => {
  const redirect =
    (headers: Record<string, string>): Handle =>
    (req, res) => {
      if (req.url === "/f") res.writeHead(302, { location: "/storage?key=1", ...headers }).end();
      else sendBytes(req, res, BYTES);
    };
  const { requests } = await run(redirect(LINKED));
  assert.equal(requests, ["/f", "/storage?key=1"]);
  const wrong = { ...LINKED, "x-linked-etag": `"${sha256(Buffer.from("other"))}"` };
  await fails(redirect(wrong), /other bytes than declared[\s\S]*SHA-256/);
  await fails(redirect({ "x-linked-size": "199999" }), /more bytes than the 199999 declared/);
  await fails(redirect({ "x-linked-size": "200001" }), /ended after 200000 of 200001/, { retries: 1 });
  await fails((_, res) => res.writeHead(302, { location: "/f" }).end(), /redirects without end/);
});

Suite(
  "wrong bytes are loaded once more and then refused; a checksum that is known counts more than the server's",
  async () => {
    const wrong = BYTES.map((byte) => byte ^ 1);
    const again = await run((req, res, n) => sendBytes(req, res, n === 0 ? wrong : BYTES, { headers: LINKED }));
    assert.equal(again.requests, ["/f", "/f"]);
    const never = await fails((req, res) => sendBytes(req, res, wrong, { headers: LINKED }), /other bytes/);
    assert.equal(never.requests, ["/f", "/f"]);
    assert.not(existsSync(`${never.path}.part`));
    const lying = { "x-linked-etag": `"${sha256(wrong)}"` };
    await fails((req, res) => sendBytes(req, res, wrong, { headers: lying }), /other bytes/, {}, newPath(), SHA);
  },
);

Suite("a length that is too small shows in the size that is linked", async () => {
  const short: Handle = (_, res) => {
    res.writeHead(200, { ...LINKED, "content-length": 1000 });
    res.end(BYTES.subarray(0, 1000));
  };
  await fails(short, /ended after 1000 of 200000/, { retries: 1 });
});

Suite("a server that falls silent, or is not there, is given up with its address", async () => {
  const silent: Handle = (_, res) => res.writeHead(200, { "content-length": 10 }).write("ab");
  await fails(silent, /no connection \(no byte for 0\.05 s\)/, { silenceMs: 50, retries: 1 });
  const server = await serve(() => undefined);
  await server[Symbol.asyncDispose]();
  try {
    await download({ url: `${server.url}/f`, path: newPath() }, { delayMs: 1, retries: 2 });
    assert.unreachable();
  } catch (error) {
    assert.ok(isFluxionError(error, "DownloadError"));
    assert.match(error.message, /ECONNREFUSED\), after 3 tries[\s\S]*mirror/);
    assert.is(error.mismatch.at, `${server.url}/f`);
  }
});

Suite("a signal stops a wait between two tries", async () => {
  const stop = new AbortController();
  const handle: Handle = (_, res) => {
    res.writeHead(500).end();
    setTimeout(() => stop.abort(), 20);
  };
  await fails(handle, /interrupted/, { signal: stop.signal, delayMs: 60_000 });
});

Suite.run();
