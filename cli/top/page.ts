import { PluginError } from 'plugboard';

import { oneLine } from '../failure.ts';

/** One sample of a metrics page. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** What a page of thousands of plugins takes, with room. */
const maxBytes = 256 * 1024 * 1024;

const timeoutMs = 10_000;

/**
 * The samples of our metrics on a page of Prometheus text, named without the namespace of the host.
 * @throws {PluginError} `TRANSPORT_1301` when the page cannot be read, or is none of ours.
 */
export async function readPage(url: URL): Promise<Sample[]> {
  const text = await textOf(url);
  const samples = text.split('\n').flatMap((line) => sampleOf(line) ?? []);
  const prefix = samples
    .map(({ name }) => /^(.*?)plugin_info$/.exec(name)?.[1])
    .find((found) => found !== undefined);
  if (prefix === undefined && !text.includes('plugin_config_reloads_total'))
    throw unreadable(url, 'it has no metrics of plugboard');
  return samples.map((sample) => ({ ...sample, name: sample.name.slice(prefix?.length ?? 0) }));
}

async function textOf(url: URL): Promise<string> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { accept: 'text/plain;version=0.0.4', ...credentialsOf(url) };
    const response = await fetch(withoutCredentials(url), { headers, signal });
    if (!response.ok) throw new Error(`it answers with status ${response.status}`);
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > maxBytes) throw new Error(`it is over ${maxBytes} bytes`);
    }
    return text;
  } catch (error) {
    throw unreadable(url, reasonOf(error), error);
  }
}

/** fetch refuses an address with a password in it, and repeats the password in its error. */
function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

function credentialsOf({ username, password }: URL): { authorization?: string } {
  if (username === '' && password === '') return {};
  const pair = Buffer.from(`${unquoted(username)}:${unquoted(password)}`).toString('base64');
  return { authorization: `Basic ${pair}` };
}

/** A name or password with a stray % is taken as it is. */
function unquoted(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** fetch hides what went wrong in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && cause.message !== '') return cause.message;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error.message;
}

function unreadable({ origin, pathname }: URL, why: string, cause?: unknown): PluginError {
  const message = `the metrics page ${origin}${pathname} cannot be read: ${why}. Does the host run, with prometheusExporter on that port?`;
  return new PluginError('TRANSPORT_1301', { message, cause });
}

const line = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

function sampleOf(text: string): Sample | undefined {
  const [, name, inner = '', number] = text.startsWith('#') ? [] : (line.exec(text) ?? []);
  if (name === undefined || number === undefined) return undefined;
  const labels = new Map(
    Array.from(inner.matchAll(label), ([, key = '', value = '']) => [key, unescaped(value)] as const),
  );
  return { name, labels, value: Number(number.replace('Inf', 'Infinity')) };
}

function unescaped(value: string): string {
  return oneLine(value.replaceAll(/\\(.)/g, (_all, char: string) => (char === 'n' ? '\n' : char)));
}
