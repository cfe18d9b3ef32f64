import type { Clock } from '../../src/core/clock.ts';
import { PluginError } from '../../src/core/errors.ts';
import { readWhitelistText } from '../whitelist/load.ts';
import { parseWhitelist } from '../whitelist/parse.ts';
import { stricter } from '../whitelist/stricter.ts';
import type { Constraints, Whitelist } from '../whitelist/whitelist.ts';
import { lookOf, Watch } from './watch.ts';

/** What becomes of the whitelist while the host runs. */
export interface RulesListener {
  /** Another whitelist is in force. */
  readonly onChange: (whitelist: Whitelist, before: Whitelist | undefined) => void;
  /** The file cannot be used; the whitelist before stays in force. Told once for each reason. */
  readonly onFault: (error: PluginError) => void;
  /** The system cannot tell of changes; the file is looked at now and then. */
  readonly onUnwatched: (error: unknown) => void;
  /** The file can be used again. */
  readonly onMended: () => void;
}

/** A file that changes whenever it is read is given up after so many readings. */
const maxTries = 20;

/** The whitelist in force: read as a whole, swapped as a whole, and kept when its file becomes unusable. */
export class Rules {
  readonly #file: string;
  readonly #constraints: Partial<Constraints>;
  readonly #listener: RulesListener;
  #whitelist: Whitelist | undefined;
  #text: string | undefined;
  #fault: PluginError | undefined;
  #watch: Watch | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** `constraints` are the host's, and hold beside those of the file. */
  constructor(file: string, constraints: Partial<Constraints>, listener: RulesListener) {
    this.#file = file;
    this.#constraints = constraints;
    this.#listener = listener;
  }

  get current(): Whitelist | undefined {
    return this.#whitelist;
  }

  /** Why the file cannot be used now. */
  get alarm(): string | undefined {
    return this.#fault?.rawMessage;
  }

  /** Reads the file now, unless its text is the one in force. @throws {PluginError} `SECURITY_18xx` */
  async read(): Promise<void> {
    for (let tries = 0; tries < maxTries; tries++) {
      const look = await lookOf(this.#file);
      if (await this.#inTurn(look)) return;
    }
    throw this.#failed(beingWritten(this.#file));
  }

  /** One reading at a time. */
  #inTurn(look: string): Promise<boolean> {
    const reading = this.#turn.then(() => this.#read(look));
    this.#turn = reading.catch(() => {});
    return reading;
  }

  /** Reads the file and follows its changes; `settled` is how it looked before it was first read. */
  async follow(clock: Clock, delayMs: number, settled: string): Promise<void> {
    this.#watch = new Watch(this.#file, clock, delayMs, {
      onSettled: (look) => this.#inTurn(look).catch(() => true), // the listener has heard of it
      onError: (error) => this.#listener.onUnwatched(error),
    });
    await this.#watch.open(settled);
  }

  /** How the file looks now. */
  look(): Promise<string> {
    return lookOf(this.#file);
  }

  async close(): Promise<void> {
    await this.#watch?.close();
    await this.#turn;
  }

  /** False if the file changed while it was read: then nothing of it is believed. */
  async #read(look: string): Promise<boolean> {
    try {
      const text = await readWhitelistText(this.#file);
      if ((await lookOf(this.#file)) !== look) return false;
      const before = this.#whitelist;
      if (text !== this.#text || before === undefined) {
        this.#whitelist = stricter(await parseWhitelist(text, this.#file), this.#constraints);
        this.#text = text;
        this.#listener.onChange(this.#whitelist, before);
      }
      if (this.#fault !== undefined) this.#listener.onMended();
      this.#fault = undefined;
      return true;
    } catch (error) {
      if ((await lookOf(this.#file)) !== look) return false;
      throw this.#failed(PluginError.from(error, 'SECURITY_1802'));
    }
  }

  #failed(error: PluginError): PluginError {
    const isNew = this.#fault?.message !== error.message;
    this.#fault = error;
    if (isNew) this.#listener.onFault(error);
    return error;
  }
}

function beingWritten(file: string): PluginError {
  const message = `the whitelist ${file} changes while it is read. Wait until it is written, and try again.`;
  return new PluginError('SECURITY_1802', { message, context: { file } });
}
