import type { Edit } from './package-copy.ts';

const call = 'src/resilience/call.js';
const view = 'src/resilience/call-view.js';

/** The call path without what it does for traces. */
export const untraced: readonly Edit[] = [
  { file: call, pattern: /, tracing(?= \} = this\.parts)/, by: '' },
  { file: call, pattern: /if \(tracing\.tracer !== undefined\)\s+this\.startSpan\([^;]*;/, by: '' },
  { file: call, pattern: /this\.span\?\.[^;]*;/g, by: ';' },
  {
    file: call,
    pattern: /this\.span === undefined \? (channel\.call\(this\)) : [^;]*;/,
    by: '$1;',
  },
  { file: view, pattern: /this\.span = undefined;/, by: '' },
  { file: view, pattern: /this\.span === undefined \? (this\.options\?\.\w+) : [^;]*;/g, by: '$1;' },
];
