import type { StandardSchemaV1 } from '@standard-schema/spec';

import type { HookMap, Schema, WholeMap } from '../core/contract.ts';
import type { HookSchemas } from '../hooks/define.ts';
import type { Builder } from './types.ts';

/** A manager to be whose plugins are found: each has a `plugin.json` in a folder below those that are named here. */
export interface AutoBuilder<A, B, Names extends string = never, Services = unknown> extends Builder<
  A,
  B,
  Names,
  Services
> {
  /** Looks in these folders, relative to the process. */
  fromDirectory(...directories: readonly string[]): AutoBuilder<A, B, Names, Services>;
  /** Takes only plugins whose folder or file fits one of these globs: `*-plugin`. Default: every one. */
  withPattern(...patterns: readonly string[]): AutoBuilder<A, B, Names, Services>;
  /** How deep it looks below each folder; 0 is the folder itself. Default 5, as go-plugins. */
  withMaxDepth(maxDepth: number): AutoBuilder<A, B, Names, Services>;
  /** Leaves out names or paths that fit one of these globs. Default none. */
  excluding(...globs: readonly string[]): AutoBuilder<A, B, Names, Services>;
  /** Takes up what is added, changed and removed while the host runs. Default: once, with the build. */
  watching(): AutoBuilder<A, B, Names, Services>;
}

/** A starting point that looks for its plugins; the forms of the contract are those of every preset. */
export interface AutoPreset {
  /** One question, with schemas: types are inferred and every message is checked. */
  <ReqSchema extends Schema, RespSchema extends Schema>(
    question: HookSchemas<ReqSchema, RespSchema>,
  ): AutoBuilder<StandardSchemaV1.InferInput<ReqSchema>, StandardSchemaV1.InferOutput<RespSchema>>;
  /** A map of hooks, made with `defineHooks`. */
  <Hooks extends HookMap<Hooks>>(hooks: Hooks): AutoBuilder<Hooks, WholeMap>;
  /** One question whose types are a claim: `Auto<Req, Resp>()`. */
  <Req, Resp>(): AutoBuilder<Req, Resp>;
}
