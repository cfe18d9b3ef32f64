import { rm } from 'node:fs/promises';
import { extractLeaf } from '../message/decode.ts';
import { leavesOf, type Leaf } from '../message/leaves.ts';
import { fateOf, type Fate } from './fate.ts';
import type { Case, Changes } from './case.ts';

/** Asks about each part of a message, decoded into a file of its own, if there is somebody to ask. */
export async function judgeParts(about: Case, changes: Changes): Promise<Fate | undefined> {
  const { front, received } = about;
  if (!front.isAnswered('message.body')) return undefined;
  const leaves = await leavesOf(received.file);
  for (const [partIndex, leaf] of leaves.entries()) {
    const fate = await judgePart(about, changes, leaf, partIndex);
    if (fate !== undefined) return fate;
  }
  return undefined;
}

async function judgePart(
  about: Case,
  changes: Changes,
  leaf: Leaf,
  partIndex: number,
): Promise<Fate | undefined> {
  const { front, session, context, message, received } = about;
  const file = `${received.file}.part`;
  try {
    const size = await extractLeaf(received.file, leaf, file);
    const { path, contentType, filename } = leaf;
    const content = { id: `${message.id}/${path}`, size, file };
    const part = { path, contentType, size, content, ...(filename !== undefined && { filename }) };
    const run = front.runIn(session.id);
    const verdict = await front.messages.during(content.id, file, async () =>
      run('message.body', { ...context, part, partIndex }, session.running),
    );
    const { replacement } = verdict.request.part;
    if (replacement !== undefined) {
      changes.parts.push({ leaf, replacement });
      if (leaf.headerStart === 0) changes.headers.push(...ownHeader(replacement));
    }
    return fateOf('message.body', verdict);
  } finally {
    await rm(file, { force: true });
  }
}

/** Of a message without parts, the header is the part's. */
function ownHeader({ contentType }: { readonly contentType: string }) {
  return [
    { op: 'replace', name: 'Content-Type', value: contentType },
    { op: 'replace', name: 'Content-Transfer-Encoding', value: 'base64' },
  ] as const;
}
