import type { StandardSchemaV1 } from '@standard-schema/spec';

import type { Hook, HookMap, Schema } from '../core/contract.ts';
import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';

/** The schemas of a hook's messages. */
export interface HookSchemas<ReqSchema extends Schema, RespSchema extends Schema> {
  /** Checks what is asked before it is sent. */
  readonly request: ReqSchema;
  /** Checks what is answered before the caller sees it. */
  readonly response: RespSchema;
}

/** A hook whose types are a claim: `hook<Req, Resp>()`. */
export function hook<Req, Resp>(): Hook<Req, Resp>;
/** A hook whose messages are checked: `hook({ request, response })`, with any Standard Schema. */
export function hook<ReqSchema extends Schema, RespSchema extends Schema>(
  schemas: HookSchemas<ReqSchema, RespSchema>,
): Hook<StandardSchemaV1.InferInput<ReqSchema>, StandardSchemaV1.InferOutput<RespSchema>>;
export function hook(schemas?: HookSchemas<Schema, Schema>): Hook<never, unknown> {
  return Object.freeze({ request: schemas?.request, response: schemas?.response });
}

/**
 * Names hooks: `defineHooks({ 'mail.rcptTo': hook<Rcpt, Verdict>() })`. Both ends take their types from it.
 * @throws {PluginError} `CONFIG_1703` for a map that is empty or a name that is not `area.stage`-like.
 */
export function defineHooks<Hooks extends HookMap<Hooks>>(hooks: Hooks): Readonly<Hooks> {
  const names = Object.keys(hooks);
  const bad = names.find((name) => !/^[A-Za-z][\w.:-]{0,99}$/.test(name));
  if (bad !== undefined || names.length === 0) {
    const found = bad === undefined ? 'the map is empty' : `'${printable(bad, 120)}' is not a hook's name`;
    const message = `${found}. Name each hook like 'mail.rcptTo': letters, digits and . : _ - after a letter.`;
    throw new PluginError('CONFIG_1703', { message });
  }
  return Object.freeze({ ...hooks });
}
