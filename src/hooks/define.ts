import type { StandardSchemaV1 } from '@standard-schema/spec';

import { checkObject } from '../core/check-given.ts';
import type { Hook, HookMap, Schema } from '../core/contract.ts';
import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { Answer, Combining, Observing, RunnableHook } from './combining.ts';

/** The schemas of a hook's messages. */
export interface HookSchemas<ReqSchema extends Schema, RespSchema extends Schema> {
  /** Checks what is asked before it is sent. */
  readonly request: ReqSchema;
  /** Checks what is answered before the caller sees it. */
  readonly response: RespSchema;
}

/** Schemas of types that are known. */
type Claimed<Req, Resp> = Partial<HookSchemas<Schema<Req>, Schema<unknown, Resp>>>;

type In<S extends Schema> = StandardSchemaV1.InferInput<S>;
type Out<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/** A hook that many plugins answer, and whose messages are checked. */
export function hook<
  ReqSchema extends Schema,
  RespSchema extends Schema<unknown, Answer>,
  const Made extends Out<RespSchema>,
>(
  definition: HookSchemas<ReqSchema, RespSchema> & Combining<In<ReqSchema>, Out<RespSchema>, Made>,
): RunnableHook<In<ReqSchema>, Out<RespSchema>>;
/** A hook that only tells, and whose messages are checked. */
export function hook<ReqSchema extends Schema, RespSchema extends Schema>(
  definition: HookSchemas<ReqSchema, RespSchema> & Observing,
): RunnableHook<In<ReqSchema>, Out<RespSchema>, undefined>;
/** A hook whose messages are checked: `hook({ request, response })`, with any Standard Schema. */
export function hook<ReqSchema extends Schema, RespSchema extends Schema>(
  schemas: HookSchemas<ReqSchema, RespSchema>,
): Hook<In<ReqSchema>, Out<RespSchema>>;
/** The same with the types said first: schemas, where there are some, have to fit them. */
export function hook<Req, Resp extends Answer>(
  definition: Claimed<Req, Resp> & Combining<Req, Resp>,
): RunnableHook<Req, Resp>;
/** The same for one that only tells. */
export function hook<Req, Resp = unknown>(
  definition: Claimed<Req, Resp> & Observing,
): RunnableHook<Req, Resp, undefined>;
/** A hook whose types are a claim: `hook<Req, Resp>()`. */
export function hook<Req, Resp>(): Hook<Req, Resp>;
export function hook(
  definition: Partial<HookSchemas<Schema, Schema>> & Partial<Combining<unknown, Answer> | Observing> = {},
): Hook<never, unknown> {
  checkObject(definition, 'what hook() is given', 'Give { request, response } with schemas, or nothing.');
  const { request, response, ...combining } = definition;
  const messages = { request, response };
  return Object.freeze(
    'combine' in combining ? { ...messages, combining: Object.freeze(combining) } : messages,
  );
}

/**
 * Names hooks: `defineHooks({ 'mail.rcptTo': hook<Rcpt, Verdict>() })`. Both ends take their types from it.
 * @throws {PluginError} `CONFIG_1703` for a map that is empty or a name that is not `area.stage`-like.
 */
export function defineHooks<Hooks extends HookMap<Hooks>>(hooks: Hooks): Readonly<Hooks> {
  checkObject(hooks, 'what defineHooks() is given', "Give a map such as { 'mail.rcptTo': hook() }.");
  const names = Object.keys(hooks);
  const bad = names.find((name) => !/^[A-Za-z][\w.:-]{0,99}$/.test(name));
  if (bad !== undefined || names.length === 0) {
    const found = bad === undefined ? 'the map is empty' : `'${printable(bad, 120)}' is not a hook's name`;
    const message = `${found}. Name each hook like 'mail.rcptTo': letters, digits and . : _ - after a letter.`;
    throw new PluginError('CONFIG_1703', { message });
  }
  return Object.freeze({ ...hooks });
}
