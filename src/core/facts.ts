import type { ResponseOf } from './contract.ts';
import type { CallContext } from './plugin.ts';

/** What hooks found out that were run before in the same scope: their verdicts' answers, by the hook's name. */
export type Facts<Hooks> = { readonly [K in keyof Hooks]?: ResponseOf<Hooks[K]> };

/** What one plugin has noted in each of the scopes around a call, by the scope's name. */
export type Notes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** How facts and notes travel: as metadata of the call. */
export interface ScopeMetadata extends Record<string, unknown> {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly notes: Notes;
}

type Told = Pick<CallContext, 'metadata'>;

/** In a plugin: what hooks found out before this call, `factsOf<typeof hooks>(context)`. Empty outside a scope. */
export function factsOf<Hooks>({ metadata }: Told): Facts<Hooks> {
  return isRecord(metadata['facts']) ? metadata['facts'] : {};
}

/**
 * In a plugin: what it noted before in each scope of this call, such as `notesOf(context)['session']?.['tries']`. To
 * note something it adds `notes` to its answer. No other plugin sees it.
 */
export function notesOf({ metadata }: Told): Notes {
  return isRecord(metadata['notes']) ? metadata['notes'] : {};
}

function isRecord(value: unknown): value is Record<string, never> {
  return typeof value === 'object' && value !== null;
}
