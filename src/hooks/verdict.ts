import type { HookFailure } from './combining.ts';

/** What several plugins together say to one hook. */
export interface Verdict<Req = unknown, Said = unknown> {
  /** The answer that decided; where none did, the hook's `otherwise`; undefined of a hook that only tells. */
  readonly answer: Said;
  /** The plugin that decided, or whose failure did; undefined where nobody alone did. */
  readonly by: string | undefined;
  /** What was asked, as the last change left it. */
  readonly request: Req;
  /** Every answer whose action is `modify`, in order. */
  readonly modifications: readonly Said[];
  /** The sum of all scores; 0 where there are none. */
  readonly score: number;
  readonly failures: readonly HookFailure[];
}
