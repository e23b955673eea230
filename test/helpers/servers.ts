/** @file Servers that tests start for themselves on loopback, in folders of theirs. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { pause } from "./pause.js";

const WAIT_MS = 20_000;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });

/** A server that runs. */
export interface Server {
  readonly url: string;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts a server and waits until its port answers; `signal` ends it. */
const served = async (
  url: string,
  port: number,
  signal: NodeJS.Signals,
  start: () => ChildProcess,
): Promise<Server> => {
  let child: ChildProcess;
  const begin = async (): Promise<void> => {
    child = start();
    const limit = performance.now() + WAIT_MS;
    while (!(await answers(port))) {
      if (performance.now() > limit || child.exitCode !== null) throw new Error(`the server of ${url} did not start`);
      await pause(50);
    }
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  };
  await begin();
  const restart = async (): Promise<void> => {
    await stop();
    await begin();
  };
  return { url, restart, stop };
};

export const hasRedis = (): boolean => spawnSync("redis-server", ["--version"]).status === 0;

/** Starts Redis with an empty folder; it keeps what it holds when it is stopped. */
export const startRedis = async (folder: string): Promise<Server> => {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const settings = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--save", ""];
  const start = (): ChildProcess => spawn("redis-server", settings, { stdio: "ignore" });
  return served(`redis://127.0.0.1:${port}`, port, "SIGTERM", start);
};

/** The folder of PostgreSQL's programs as Debian has it; undefined where it is not installed. */
export const postgresPrograms = (): string | undefined => {
  const all = "/usr/lib/postgresql";
  if (!existsSync(all)) return undefined;
  return readdirSync(all)
    .map((version) => join(all, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")));
};

/** PostgreSQL does not run as root: then it is the user that its package made. */
const postgresUser = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
};

/** Starts PostgreSQL with an empty database. */
export const startPostgres = async (bin: string, folder: string): Promise<Server> => {
  const user = postgresUser();
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const how = { ...user, cwd: "/", stdio: "ignore" } as const;
  const made = spawnSync(join(bin, "initdb"), ["-D", folder, "-A", "trust", "-U", "postgres", "--no-sync"], how);
  if (made.status !== 0) throw new Error("initdb failed");
  const port = await freePort();
  const settings = ["-D", folder, "-p", `${port}`, "-h", "127.0.0.1", "-k", folder, "-F"];
  const start = (): ChildProcess => spawn(join(bin, "postgres"), settings, how);
  // A fast shutdown: it does not wait for its clients.
  return served(`postgres://postgres@127.0.0.1:${port}/postgres`, port, "SIGINT", start);
};
