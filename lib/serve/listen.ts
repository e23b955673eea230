/** @file Sockets for the routes: limits of time for what a client sends, and an orderly end. */
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, type Socket, Server as TcpServer } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { BackendError } from "../core/errors.js";
import { type Reason, STATUS } from "./refusal.js";

export interface ListenOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Milliseconds in which a client has to send a whole request. */
  readonly receiveTimeout: number;
}

export interface Listening {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /**
   * Takes no more connections. Those that are there stay open until all answers are given, so that each request on them is answered or refused, and
   * for a moment more.
   */
  close(answered: Promise<void>): Promise<void>;
}

/** What Node calls a request that it cannot read. */
const UNREADABLE: Readonly<Record<string, readonly [reason: Reason, phrase: string, what: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["slow", "Request Timeout", "the request was not sent in time"],
  HPE_HEADER_OVERFLOW: ["header", "Request Header Fields Too Large", "the header is too large"],
};
const MALFORMED = ["malformed", "Bad Request", "not a request of HTTP"] as const;

/** Tells a client that sends no proper request why its connection is closed; there is no request that could have a response. */
const refuseConnection = ({ code }: NodeJS.ErrnoException, socket: Socket): void => {
  if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [reason, phrase, what] = UNREADABLE[code ?? ""] ?? MALFORMED;
  const body = JSON.stringify({ error: { what } });
  const head = [
    `HTTP/1.1 ${STATUS[reason]} ${phrase}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
};

/** Milliseconds that connections have to end by themselves. */
const GRACE = 500;

const urlOf = ({ address, family, port }: AddressInfo): string =>
  `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;

/** The close of HTTP's server would cut connections whose next request is on its way; that of its base class leaves them open. */
const stopListening = (server: Server): void => void TcpServer.prototype.close.call(server);

const closeServer = async (server: Server, answered: Promise<void>): Promise<void> => {
  const closed = once(server, "close");
  stopListening(server);
  await answered;
  setTimeout(() => server.closeAllConnections(), GRACE).unref();
  await closed;
};

/**
 * Serves routes on a host and port.
 *
 * @throws {BackendError} when the address cannot be listened at
 */
export const listen = async (app: Hono, { host, port, receiveTimeout }: ListenOptions): Promise<Listening> => {
  const server = createAdaptorServer({
    fetch: app.fetch,
    hostname: host,
    serverOptions: {
      headersTimeout: receiveTimeout,
      requestTimeout: receiveTimeout,
      connectionsCheckingInterval: Math.ceil(receiveTimeout / 4),
    },
  }) as Server;
  server.on("clientError", refuseConnection);
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = code === "EADDRINUSE" ? "--port 0 takes one that is free" : undefined;
    throw new BackendError({ where: "fluxion serve", what: message, got: `${host}:${port}`, hint }, { cause: error });
  }
  return { url: urlOf(server.address() as AddressInfo), close: (answered) => closeServer(server, answered) };
};
