/**
 * What it means that a plugin failed where several answer a hook: it threw, was late, ended, was over its limits, or
 * gave an answer that is not allowed. `open`: as if it were not there. `closed`: the hook's refusal decides, with
 * another code if one is given.
 */
export type FailureRule = 'open' | 'closed' | { readonly closed: number };
