import type { StandardSchemaV1 } from '@standard-schema/spec';

declare const types: unique symbol;

/** Any schema that follows Standard Schema 1 (zod, valibot, arktype and others). */
export type Schema<In = unknown, Out = unknown> = StandardSchemaV1<In, Out>;

/**
 * One typed question a host may ask a plugin.
 * Without schemas its types are a claim; with them every message is checked at the process boundary.
 */
export interface Hook<Req, Resp> {
  readonly [types]?: (request: Req) => Resp;
  readonly request?: Schema | undefined;
  readonly response?: Schema | undefined;
}

/** Hook names to hooks. Refers to itself so that an `interface` can be one and be augmented by its users. */
export type HookMap<H> = { [K in keyof H]: Hook<never, unknown> };

/** The contract of a plugin that answers just one question, under the hook name `execute`. */
export interface Single<Req, Resp> {
  execute: Hook<Req, Resp>;
}

/** Marks a source that says nothing about its contract; the builder's contract is assumed. */
export interface Undeclared {
  readonly [types]: 'undeclared';
}

/** Stands where a second type argument was not given: the first one is a whole hook map. */
export interface WholeMap {
  readonly [types]: 'whole map';
}

/** What is sent with a hook. */
export type RequestOf<T> = T extends Hook<infer Req, unknown> ? Req : never;

/** What a hook answers. */
export type ResponseOf<T> = T extends Hook<never, infer Resp> ? Resp : never;

/** The hook map meant by `<Req, Resp>` (one question) or `<Hooks>` (a map). */
export type ContractOf<A, B> = [B] extends [WholeMap] ? A : Single<A, B>;

/** A contract as it exists at run time: hook names with their schemas, if they have any. */
export type Contract = Readonly<Record<string, Hook<never, unknown>>>;

/** The name under which a single-question contract is asked. */
export const singleHook = 'execute';
