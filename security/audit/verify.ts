import type { KeyObject } from 'node:crypto';

import { checkLog } from './check-log.ts';
import type { AuditCheckpoint } from './checkpoint.ts';
import { logLines } from './log-lines.ts';
import { readRecord } from './parse-record.ts';
import { readCheckpoints } from './read-checkpoints.ts';
import type { LogLine } from './read-lines.ts';
import { noHash, type AuditRecord } from './record.ts';

/** What a log is held against. */
export interface VerifyOptions {
  /** The file of its checkpoints. Without them nobody can tell that the end was cut off, or all was written anew. */
  readonly checkpoints?: string | undefined;
  /** What signed them; of an ed25519 key the public half is enough. */
  readonly key?: KeyObject | undefined;
}

/** What is wrong with a log, and where: the first thing found. */
export interface AuditProblem {
  /**
   * `damaged`: a line is no record; `edited`: it was one, and was changed; `chain`: records before it were removed,
   * inserted or moved; `truncated`: the end is missing; `rewritten`: not what was signed; `checkpoint`: a checkpoint
   * itself is not good.
   */
  readonly kind: 'damaged' | 'edited' | 'chain' | 'truncated' | 'rewritten' | 'checkpoint';
  readonly file: string;
  /** Counted from 1; in a database the row's `seq`. */
  readonly line: number;
  /** The first record that is bad or missing. */
  readonly seq: number;
  readonly message: string;
}

/** What a verification found. */
export interface AuditVerification {
  readonly ok: boolean;
  /** How many records are good, up to the problem. */
  readonly records: number;
  /** The first of them; over 0 if older parts were taken away. */
  readonly firstSeq: number | undefined;
  readonly lastSeq: number | undefined;
  /** How many checkpoints hold; undefined if none were given. */
  readonly checkpoints: number | undefined;
  /** How many records stand behind the last checkpoint, or all without one: what could be cut off unseen. */
  readonly unanchored: number;
  /** Whether the last line is unfinished, as after a crash or while the host writes. */
  readonly unfinished: boolean;
  readonly problem: AuditProblem | undefined;
}

/**
 * Recomputes every hash of a log, of all its parts or of a database, and holds it against its checkpoints.
 * @throws {PluginError} `SECURITY_1806` when something cannot be read, or is a link.
 */
export async function verifyAuditLog(file: string, options: VerifyOptions = {}): Promise<AuditVerification> {
  checkLog(file, options, 'verifyAuditLog');
  const { checkpoints: path, key } = options;
  if (path === undefined || key === undefined) return new Verification(file, undefined).run();
  const read = await readCheckpoints(path, key); // before the log, which may grow meanwhile
  if (read.kind === 'checkpoints') return new Verification(file, read.checkpoints).run();
  const message = `line ${read.line} of the checkpoints is not to be trusted: ${read.reason}`;
  const problem: AuditProblem = { kind: 'checkpoint', file: path, line: read.line, seq: 0, message };
  return new Verification(file, []).result(problem);
}

class Verification {
  readonly #file: string;
  readonly #checkpoints: readonly AuditCheckpoint[] | undefined;
  #held = 0;
  #first: AuditRecord | undefined;
  #last: AuditRecord | undefined;
  #lastLine = 0;
  #unfinished = false;

  constructor(file: string, checkpoints: readonly AuditCheckpoint[] | undefined) {
    this.#file = file;
    this.#checkpoints = checkpoints;
  }

  async run(): Promise<AuditVerification> {
    for await (const line of logLines(this.#file)) {
      const problem = this.#check(line);
      if (problem !== undefined) return this.result(problem);
    }
    return this.result(this.#truncation() ?? this.#strangeBeginning());
  }

  result(problem: AuditProblem | undefined): AuditVerification {
    const [firstSeq, lastSeq] = [this.#first?.seq, this.#last?.seq];
    const records = firstSeq === undefined || lastSeq === undefined ? 0 : lastSeq - firstSeq + 1;
    const signed = this.#checkpoints?.[this.#held - 1]?.seq;
    return {
      ok: problem === undefined,
      records,
      firstSeq,
      lastSeq,
      checkpoints: this.#checkpoints && this.#held,
      unanchored: signed === undefined || lastSeq === undefined ? records : lastSeq - signed,
      unfinished: this.#unfinished,
      problem,
    };
  }

  #check(line: LogLine): AuditProblem | undefined {
    const seq = (this.#last?.seq ?? -1) + 1;
    const at = (kind: AuditProblem['kind'], reason: string): AuditProblem => {
      const message = `record ${seq}, line ${line.line} of ${line.file}: ${reason}`;
      return { kind, file: line.file, line: line.line, seq, message };
    };
    if (this.#unfinished) return at('damaged', 'the line before it is unfinished');
    if (line.state === 'cut') {
      this.#unfinished = true;
      return undefined;
    }
    const read = line.state === 'long' ? undefined : readRecord(line.text);
    if (read?.kind !== 'record') return at(read?.kind ?? 'damaged', read?.reason ?? 'it is too long');
    const reason = this.#breakBefore(read.record);
    if (reason !== undefined) return at('chain', reason);
    this.#first ??= read.record;
    this.#last = read.record;
    this.#lastLine = line.line;
    return this.#mismatch(read.record, line);
  }

  /** Whether a record follows the one before. */
  #breakBefore({ seq, prev }: AuditRecord): string | undefined {
    if (this.#last === undefined) {
      return seq === 0 && prev !== noHash ? 'it is the first, but names one before' : undefined;
    }
    if (seq !== this.#last.seq + 1)
      return `record ${seq} stands in its place: some were removed, inserted or moved`;
    return prev === this.#last.hash
      ? undefined
      : 'it does not follow the record before: one of both was exchanged';
  }

  /** Whether it is another record than the one that was signed, or follows another one. */
  #mismatch(record: AuditRecord, { file, line }: LogLine): AuditProblem | undefined {
    for (let next = this.#next(); next !== undefined && next.seq <= record.seq; next = this.#next()) {
      const here = next.seq === record.seq ? record.hash : record.prev;
      // older ones are of a part that was taken away; nothing can be said of it
      if (next.seq < record.seq - 1 || next.hash === here) this.#held++;
      else {
        const good = this.#checkpoints?.[this.#held - 1]?.seq ?? -1;
        const since = Math.max(good + 1, this.#first?.seq ?? 0);
        const message = `record ${record.seq}, line ${line} of ${file}: it is not the one that was signed at ${next.time}: the log was written anew, from record ${since} on or later`;
        return { kind: 'rewritten', file, line, seq: since, message };
      }
    }
    return undefined;
  }

  #truncation(): AuditProblem | undefined {
    const missing = this.#checkpoints?.at(-1);
    const last = this.#last?.seq ?? -1;
    if (missing === undefined || missing.seq <= last) return undefined;
    const message = `record ${last + 1} is missing: record ${missing.seq} was signed at ${missing.time}, and the log ends with ${last < 0 ? 'nothing' : `record ${last}`}`;
    return { kind: 'truncated', file: this.#file, line: this.#lastLine + 1, seq: last + 1, message };
  }

  /** Whoever makes a log from nothing could number it so that every checkpoint seems to be of a part that was taken away. */
  #strangeBeginning(): AuditProblem | undefined {
    const signed = this.#checkpoints?.at(-1);
    const first = this.#first?.seq ?? 0;
    if (signed === undefined || signed.seq >= first - 1) return undefined;
    const seq = signed.seq + 1;
    const message = `record ${seq} is missing: record ${signed.seq} was signed last, at ${signed.time}, and the log begins with record ${first}, so nothing says that the two belong together`;
    return { kind: 'rewritten', file: this.#file, line: 1, seq, message };
  }

  #next(): AuditCheckpoint | undefined {
    return this.#checkpoints?.[this.#held];
  }
}
