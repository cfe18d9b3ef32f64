import type { HeaderOp } from './header.ts';

interface MayChangeHeaders {
  readonly action: string;
  readonly headers?: readonly HeaderOp[] | undefined;
}

/**
 * All changes to the header that a verdict asks for, in order: those of every plugin, and the ones that the answers
 * together come to, such as a spam tag.
 */
export function headerChanges<Said extends object>(verdict: {
  readonly answer: Said;
  readonly modifications: readonly Said[];
}): readonly HeaderOp[] {
  const { answer, modifications } = verdict;
  const all = modifications.includes(answer) ? modifications : [...modifications, answer];
  return all.flatMap((said) => opsOf(said));
}

function opsOf(said: object): readonly HeaderOp[] {
  const { action, headers }: Partial<MayChangeHeaders> = said;
  return action === 'modify' ? (headers ?? []) : [];
}
