import type { OpenSetup } from '../../src/core/transport.ts';
import type { ResolvedSubprocess } from './options.ts';

/** The program as the gate wants it started: a verified copy, say. */
export function admitted(what: ResolvedSubprocess, { launch }: OpenSetup): ResolvedSubprocess {
  if (launch?.kind !== 'program') return what;
  const { command, args, cwd, env } = launch;
  return { ...what, command, args, cwd, env };
}
