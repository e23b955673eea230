/** @file Addresses of servers that hold queues, and how they are shown: without passwords. */
import { ConfigError } from "../../core/errors.js";

/** Where the option is that the errors are about. */
export const QUEUE_FLAG = "--queue <url>";

/** The address of a server. */
export interface QueueAddress {
  readonly kind: "redis" | "postgres";
  readonly url: string;
  /** It, without names, passwords and options. */
  readonly shown: string;
  /** Takes the password out of a message. */
  readonly hide: (message: string) => string;
}

const KINDS: Readonly<Record<string, QueueAddress["kind"]>> = {
  "redis:": "redis",
  "rediss:": "redis",
  "postgres:": "postgres",
  "postgresql:": "postgres",
};

const addressError = (what: string, got: string): ConfigError =>
  new ConfigError({
    where: QUEUE_FLAG,
    what,
    expected: "redis://HOST:6379, rediss:// for TLS, or postgres://USER@HOST:5432/DATABASE",
    got,
  });

/** Texts as they are where they can be decoded. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Reads the address of a server. @throws {ConfigError} for another text, of which no more than its beginning is shown */
export const queueAddress = (text: string): QueueAddress => {
  if (!URL.canParse(text)) throw addressError("not an address", text.includes("@") ? "(not shown)" : text);
  const { protocol, host, pathname, password, searchParams } = new URL(text);
  const kind = KINDS[protocol];
  if (kind === undefined) throw addressError("no queue speaks this protocol", protocol);
  if (kind === "redis" && host === "") throw addressError("an address without a host", `${protocol}//`);
  const secrets = [password, decoded(password), searchParams.get("password") ?? ""].filter((secret) => secret !== "");
  return {
    kind,
    url: text,
    shown: `${protocol}//${host}${pathname}`,
    hide: (message) => secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), message),
  };
};
