import type { Readable } from 'node:stream';

/** What is used of a plugin of Haraka: `this` in its `register`. */
export interface HarakaPlugin {
  register_hook(hook: string, method: string): void;
}

/** What Haraka passes to a hook, to be told a return value and, of a refusal, the reply. */
export type HarakaNext = (
  value?: number,
  reply?: { readonly code: number; readonly reply: string } | string,
) => void;

/** An address; its class makes others from their text in angle brackets. */
export interface HarakaAddress {
  readonly constructor: new (text: string) => HarakaAddress;
  /** With angle brackets. */
  format(): string;
}

/** An address of MAIL or RCPT, and what stood behind it. */
export type HarakaPath = readonly [HarakaAddress, Readonly<Record<string, string | null>>];

/** What is used of a transaction. */
export interface HarakaTransaction {
  readonly uuid: string;
  mail_from: HarakaAddress;
  readonly rcpt_to: HarakaAddress[];
  readonly rcpt_count: Readonly<Record<'accept' | 'tempfail' | 'reject', number>>;
  readonly header: {
    /** The fields as they stand in the message; its stream begins with this very list. */
    readonly header_list: string[];
    headers: object;
    headers_decoded: object;
    parse(lines: readonly string[]): void;
  };
  readonly message_stream: Pick<Readable, 'pipe'>;
  readonly msg_status?: string | undefined;
  reset_headers(): void;
}

/** What is used of a connection. */
export interface HarakaConnection {
  readonly uuid: string;
  readonly remote: { readonly ip: string; readonly port: number; readonly closed: boolean };
  readonly hello: { readonly host?: string | null };
  readonly tls: {
    readonly enabled: boolean;
    readonly cipher?: { readonly name?: string; readonly version?: string };
  };
  readonly notes: { readonly auth_user?: string; readonly auth_method?: string };
  readonly transaction: HarakaTransaction | null;
  readonly state: number;
  readonly current_line: string | null;
  readonly msg_count: { readonly accept: number };
  readonly start_time: number;
  /** Of all messages. */
  readonly totalbytes: number;
  logerror(message: string): void;
}
