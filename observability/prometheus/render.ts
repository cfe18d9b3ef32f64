import { setImmediate as nextTurn } from 'node:timers/promises';

import type { MetricFamily } from '../../src/core/metric-family.ts';
import { linesOf, type Format } from './exposition.ts';

/** As much as takes about a millisecond to write. */
const chunkLength = 128 * 1024;

/** A scrape in pieces; between them the event loop goes on, however many series there are. */
export async function* render(
  families: readonly MetricFamily[],
  prefix: string,
  format: Format,
): AsyncGenerator<string> {
  let chunk = '';
  for (const family of families) {
    for (const line of linesOf(family, prefix, format)) {
      chunk += `${line}\n`;
      if (chunk.length < chunkLength) continue;
      yield chunk;
      chunk = '';
      await nextTurn();
    }
  }
  yield format === 'openmetrics' ? `${chunk}# EOF\n` : chunk;
}
