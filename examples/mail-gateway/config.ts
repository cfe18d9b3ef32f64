import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseRoute, type Route } from './delivery/route.ts';

const positive = z.number().positive();
const whole = z.int().positive();

const route = z.strictObject({
  /** The domains of recipients; `*` stands for all others. */
  domains: z.array(z.string().toLowerCase()).min(1),
  /** `mx`, `smtp://host:port`, `smtps://…`, `lmtp://…` or `maildir:folder`. */
  to: z.string().transform((text, context): Route => {
    try {
      return parseRoute(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  }),
});

const gatewaySchema = z.strictObject({
  /** What this host calls itself. At the next start. */
  hostname: z.string().min(1).default('mail.localhost'),
  /** Where the queue, the quarantine and the record of discarded mail live. At the next start. */
  folder: z
    .string()
    .default('./data/mail-gateway')
    .transform((path) => resolve(path)),
  /** At the next start. */
  listen: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(2525),
      maxClients: whole.default(1000),
      /** Proxies that may say whom they speak for. */
      xclientFrom: z.array(z.string()).default([]),
    })
    .prefault({}),
  /** Files with a key and a certificate, in PEM. Without them there is no STARTTLS. At the next start. */
  tls: z.strictObject({ keyFile: z.string(), certFile: z.string() }).optional(),
  maxMessageBytes: whole.default(50_000_000),
  maxRecipients: whole.default(1000),
  policy: z.string().default('inbound'),
  queue: z
    .strictObject({
      /** At the next start. */
      maxMails: whole.default(100_000),
      /** How many mails are delivered at once. At the next start. */
      concurrency: whole.default(20),
      retentionHours: positive.default(5 * 24),
      firstRetrySeconds: positive.default(60),
      maxRetrySeconds: positive.default(4 * 3600),
      retryFactor: z.number().min(1).default(2),
      retryJitter: z.number().min(0).max(1).default(0.2),
    })
    .prefault({}),
  /** The first that names a recipient's domain, or `*`. Without one, by DNS. */
  routes: z.array(route).default([]),
  /** Where the hosts listen that DNS names. At the next start. */
  mxPort: z.int().min(1).max(65_535).default(25),
  /** How long sessions may go on at shutdown. At the next start. */
  closeSeconds: positive.default(30),
});

/** How a gateway is set up; the keys of `gateway:` in its file. */
export type GatewayConfig = Readonly<z.output<typeof gatewaySchema>>;

/** A gateway's file: its own part, and the configuration of its plugins as plugboard reads it. */
export interface GatewayFile {
  readonly gateway: GatewayConfig;
  /** Undefined where the file names none. */
  readonly plugins: object | undefined;
}

/**
 * Takes the object of a file apart.
 * @throws {Error} naming everything that is wrong with the gateway's part.
 */
export function gatewayFile(content: unknown): GatewayFile {
  if (typeof content !== 'object' || content === null) throw new Error('the file must hold keys and values');
  const { gateway = {}, ...plugins } = content as { readonly gateway?: unknown };
  const read = gatewaySchema.safeParse(gateway);
  if (!read.success) throw new Error(`the part 'gateway' is wrong:\n${z.prettifyError(read.error)}`);
  return { gateway: read.data, plugins: Object.keys(plugins).length === 0 ? undefined : plugins };
}

/** Reads a YAML file. */
export async function readGatewayFile(path: string): Promise<GatewayFile> {
  return gatewayFile(parse(await readFile(path, 'utf8')));
}

/** The route for a domain. */
export function routeFor({ routes }: GatewayConfig, domain: string): Route {
  const found = routes.find(({ domains }) => domains.includes(domain) || domains.includes('*'));
  return found?.to ?? { by: 'mx' };
}
