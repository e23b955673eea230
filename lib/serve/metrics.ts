/** @file What the server counts, as Prometheus reads it. */

/** What is asked at the moment of reading. */
export interface Gauges {
  readonly waiting: number;
  readonly adapters: number;
  readonly residentBytes: number;
}

export interface Metrics {
  /** A request has been answered or refused. */
  request(status: number, seconds: number): void;
  /** A batch of so many requests is answered. */
  batch(requests: number): void;
  /** The text of Prometheus, format 0.0.4. */
  text(gauges: Gauges): string;
}

const family = (name: string, kind: "counter" | "gauge" | "summary", help: string, lines: readonly string[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines].join("\n");

const single = (name: string, kind: "counter" | "gauge", help: string, value: number): string =>
  family(name, kind, help, [`${name} ${value}`]);

/**
 * Counters of a server, from zero.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats
 */
export const metrics = (): Metrics => {
  const requests = new Map<number, number>();
  let [seconds, count, batches, rows] = [0, 0, 0, 0];
  const byStatus = (): string[] =>
    [...requests].sort().map(([status, n]) => `fluxion_requests_total{status="${status}"} ${n}`);
  return {
    request: (status, took) => {
      requests.set(status, (requests.get(status) ?? 0) + 1);
      seconds += took;
      count++;
    },
    batch: (size) => {
      batches++;
      rows += size;
    },
    text: ({ waiting, adapters, residentBytes }) =>
      `${[
        family("fluxion_requests_total", "counter", "Requests for an answer, by status.", byStatus()),
        family("fluxion_request_seconds", "summary", "Seconds from a request to its response.", [
          `fluxion_request_seconds_sum ${seconds}`,
          `fluxion_request_seconds_count ${count}`,
        ]),
        single("fluxion_batches_total", "counter", "Batches that were answered.", batches),
        single("fluxion_batched_requests_total", "counter", "Requests in these batches.", rows),
        single("fluxion_waiting_requests", "gauge", "Requests that wait for a batch.", waiting),
        single("fluxion_adapters", "gauge", "Adapters that are kept in memory.", adapters),
        single("process_resident_memory_bytes", "gauge", "Resident memory.", residentBytes),
      ].join("\n")}\n`,
  };
};
