import { minorGc } from './heap.ts';

/** One way of doing a piece of work. */
export interface Contender {
  readonly name: string;
  /** Does the work so many times. */
  readonly run: (calls: number) => Promise<void>;
  /** Clears away what a round left, outside its time. */
  readonly after?: () => Promise<unknown>;
}

/** How long a race is. */
export interface Course {
  /** Measured rounds; every contender runs once in each. */
  readonly rounds: number;
  /** Pieces of work of one contender in one round. */
  readonly calls: number;
  /** Rounds before them that are not measured. Default 2, for the compiler to settle. */
  readonly warmups?: number;
}

/** What a race gave: for each contender the nanoseconds of one call, round by round. */
export type Laps = ReadonlyMap<string, readonly number[]>;

/**
 * Runs contenders in turn, A B C C B A …, so that whatever else the machine does, and what a contender leaves behind
 * for the next, meets all of them alike: figures of one round can be compared, figures of two runs cannot.
 */
export async function race(contenders: readonly Contender[], course: Course): Promise<Laps> {
  const { rounds, calls, warmups = 2 } = course;
  const laps = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -warmups; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const nsPerCall = await timed(contender, calls);
      await contender.after?.();
      if (round >= 0) laps.get(contender.name)?.push(nsPerCall);
    }
  }
  return laps;
}

async function timed(contender: Contender, calls: number): Promise<number> {
  minorGc(); // the garbage of one contender is not collected in the time of the next
  const startedAt = process.hrtime.bigint();
  await contender.run(calls);
  return Number(process.hrtime.bigint() - startedAt) / calls;
}

/** How many times as long `one` took as `other`, round by round. */
export function ratios(laps: Laps, one: string, other: string): number[] {
  const others = laps.get(other) ?? [];
  return (laps.get(one) ?? []).map((ns, round) => ns / (others[round] ?? NaN));
}
