import type { Launch } from '../../src/core/gate.ts';

/** The words for how a plugin is reached that fit a kind of launch; the last of each are go-plugins'. */
export const typesOf: Readonly<Record<Launch['kind'], readonly string[]>> = {
  program: ['subprocess', 'go-plugin', 'program', 'executable', 'exec'],
  module: ['worker', 'module'],
  endpoint: ['grpc', 'endpoint', 'grpc-tls', 'grpc_tls'],
};

/** Whether two words mean the same kind of launch. */
export function isSameType(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  return Object.values(typesOf).some((words) => words.includes(one) && words.includes(other));
}
