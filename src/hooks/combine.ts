/** What engines read of an answer; all else is the contract's. */
export interface Answer {
  /** `continue` and `modify` decide nothing; every other action is a decision. */
  readonly action: string;
  /** Summed up by `accumulateScore`. */
  readonly score?: number | undefined;
  /** What the plugin wants to remember: by scope, merged into what it noted before. */
  readonly notes?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

interface FirstDecisive {
  readonly kind: 'first-decisive';
}

interface ModifyChain<Req, Resp> {
  readonly kind: 'modify-chain';
  /** Methods, because their parameters may be compared both ways: a map of hooks holds rules of every type. */
  apply(request: Req, answer: Resp): Req;
}

interface AccumulateScore<Resp> {
  readonly kind: 'accumulate-score';
  readonly order: readonly string[];
  total?(score: number, answers: readonly Resp[]): Resp | undefined;
}

interface FirstProvider<Resp> {
  readonly kind: 'first-provider';
  provides(answer: Resp): boolean;
}

/** Nobody waits for its answers. */
export interface Observe {
  readonly kind: 'observe';
}

/** A rule under which somebody decides. */
export type Deciding<Req, Resp> =
  | FirstDecisive
  | ModifyChain<Req, Resp>
  | AccumulateScore<Resp>
  | FirstProvider<Resp>;

/** One after the other; the first decision ends the chain. Answers with `modify` are gathered on the way. */
export function firstDecisive(): FirstDecisive {
  return { kind: 'first-decisive' };
}

/** As `firstDecisive`, and each plugin sees what those before it made of the request. */
export function modifyChain<Req, Resp>(options: {
  /** The request as an answer with `modify` wants it. What it throws is the plugin's failure. */
  readonly apply: (request: Req, answer: Resp) => Req;
}): ModifyChain<Req, Resp> {
  return { kind: 'modify-chain', apply: options.apply };
}

/** From the worst to the best; actions that are not named come last. */
const usualOrder = ['reject', 'defer', 'quarantine', 'discard', 'modify'];

/** All at once; scores are summed, and the worst action wins; of equals that of the plugin that comes first. */
export function accumulateScore<Resp>(
  options: {
    /** Actions from the one that wins to the one that yields. Default: reject, defer, quarantine, discard, modify. */
    readonly order?: readonly string[];
    /** What all answers together come to: thresholds, or one fact made of many. It wins over an equal answer. */
    readonly total?: (score: number, answers: readonly Resp[]) => Resp | undefined;
  } = {},
): AccumulateScore<Resp> {
  const { order = usualOrder, total } = options;
  return { kind: 'accumulate-score', order, ...(total && { total }) };
}

/** One after the other, until one knows the answer. */
export function firstProvider<Resp>(options: {
  /** Whether an answer says something definite. */
  readonly provides: (answer: Resp) => boolean;
}): FirstProvider<Resp> {
  return { kind: 'first-provider', provides: options.provides };
}

/** All are told, nobody waits: the verdict is there at once, and what they answer is not read. */
export function observe(): Observe {
  return { kind: 'observe' };
}
