import { messageOf, PluginError } from '../../src/core/errors.ts';
import type { GateHost } from '../../src/core/gate.ts';
import type { AuditRecordInput } from '../audit-sink.ts';
import type { AuditOptions } from './options.ts';

/** A log that does not answer counts as one that cannot be written, after so many milliseconds. */
const answerTimeoutMs = 5000;

/** What a gate writes down, and whether that still works. */
export class Trail {
  readonly #options: Required<AuditOptions> | undefined;
  readonly #isStrict: boolean;
  #host: GateHost | undefined;
  #broken: PluginError | undefined;
  #lost = 0;

  constructor(options: Required<AuditOptions> | undefined, isStrict: boolean) {
    this.#options = options;
    this.#isStrict = isStrict;
  }

  /** Why the last record could not be written. */
  get alarm(): string | undefined {
    return this.#broken?.rawMessage;
  }

  get includesMetadata(): boolean {
    return this.#options?.includeMetadata ?? false;
  }

  /** @throws {PluginError} `SECURITY_1806` under a strict policy, when the log cannot be written. */
  async open(host: GateHost): Promise<void> {
    this.#host = host;
    const sink = this.#options?.sink;
    if (sink === undefined) return;
    try {
      await this.#answered(sink.open());
    } catch (error) {
      const broken = this.#breaks(error);
      if (this.#isStrict) throw broken;
    }
  }

  /** Writes a refusal down, before it is told. Never rejects: what is refused stays refused. */
  async refused(record: AuditRecordInput): Promise<void> {
    if (this.#options?.logUnauthorized === true) await this.#write(record, 'durable').catch(() => {});
  }

  /**
   * Writes a start down, before it happens.
   * @throws {PluginError} `SECURITY_1806` under a strict policy, when the log cannot be written: then nothing starts.
   */
  async allowed(record: AuditRecordInput): Promise<void> {
    try {
      if (this.#broken !== undefined) await this.#write(gap(this.#lost), 'durable');
      if (this.#options?.logAuthorized === true)
        await this.#write(record, this.#isStrict ? 'durable' : 'grouped');
    } catch (error) {
      if (this.#isStrict) throw error;
    }
  }

  /** Writes down what changed; nobody waits for it. */
  changed(record: AuditRecordInput, durability: 'durable' | 'grouped' = 'durable'): void {
    if (this.#options?.logConfigChanges === true) void this.#write(record, durability).catch(() => {});
  }

  /** Never rejects. */
  async close(): Promise<void> {
    try {
      await this.#options?.sink.close();
    } catch (error) {
      this.#breaks(error);
    }
  }

  async #write(record: AuditRecordInput, durability: 'durable' | 'grouped'): Promise<void> {
    const { sink } = this.#options ?? {};
    if (sink === undefined) return;
    try {
      await this.#answered(sink.append(record, durability));
    } catch (error) {
      this.#lost++;
      throw this.#breaks(error);
    }
    this.#mended();
  }

  #breaks(cause: unknown): PluginError {
    const message = `the audit log cannot be written: ${messageOf(cause)} Mend it; until then a strict policy starts nothing.`;
    const error = new PluginError('SECURITY_1806', { message, cause });
    if (this.#broken === undefined) this.#host?.logger.error('the audit log cannot be written', { error });
    this.#broken = error;
    return error;
  }

  #mended(): void {
    if (this.#broken !== undefined) this.#host?.logger.info('the audit log can be written again');
    this.#broken = undefined;
    this.#lost = 0;
  }

  #answered(work: Promise<void>): Promise<void> {
    const { clock } = this.#host ?? {};
    if (clock === undefined) return work;
    return new Promise((resolve, reject) => {
      const timer = clock.startTimer(answerTimeoutMs, () =>
        reject(new Error(`it did not answer within ${answerTimeoutMs} ms.`)),
      );
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

/** Says that records are missing here, and how many. */
function gap(lost: number): AuditRecordInput {
  return { event: 'audit_gap', level: 'critical', details: { lost } };
}
