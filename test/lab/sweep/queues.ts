/** @file Sweeps by queues on servers, Redis and PostgreSQL, which are restarted half way, with workers that are killed. */
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "uvu";
import { temporary } from "../../helpers/program.js";
import { hasRedis, postgresPrograms, type Server, startPostgres, startRedis } from "../../helpers/servers.js";
import { killedSweep } from "./kills.js";

const withServer = async (server: Server, work: (server: Server) => Promise<void>): Promise<void> => {
  try {
    await work(server);
  } finally {
    await server.stop();
  }
};

/** Adds the tests of a sweep by each server that is installed to a suite. */
export const addServers = (Queues: Test, runs: number, kills: number): void => {
  const folder = temporary("queues");
  // PostgreSQL runs as another user, who has to get to its folder.
  chmodSync(folder, 0o755);
  Queues.after(() => rmSync(folder, { recursive: true, force: true }));

  Queues("Redis says who works on what, through kills and a restart", async () => {
    if (!hasRedis()) return void console.log("  skipped: redis-server is not installed (apt-get install redis-server)");
    const server = await startRedis(join(folder, "redis-data"));
    await withServer(server, () => killedSweep(join(folder, "redis"), runs, kills, server));
  });

  Queues("PostgreSQL says who works on what, through kills and a restart", async () => {
    const bin = postgresPrograms();
    if (bin === undefined)
      return void console.log("  skipped: PostgreSQL is not installed (apt-get install postgresql)");
    const server = await startPostgres(bin, join(folder, "postgres-data"));
    await withServer(server, () => killedSweep(join(folder, "postgres"), runs, kills, server));
  });
};
