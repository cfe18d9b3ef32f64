import { isAbsolute, win32 } from 'node:path';

import { printable } from '../../src/core/printable.ts';

/** Letters that look like a separator or a dot but are none; some systems fold them into one. */
const lookAlikes = /[\u2024\u2025\u2044\u2215\u2216\u29f5\u29f8\u29f9\ufe52\ufe68\uff0e\uff0f\uff3c]/u;
/** Control characters, and those that are not seen: direction marks, zero-width ones. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** A dot, a separator or a NUL in the spelling of URLs. */
const encoded = /%(?:25)*(?:00|2e|2f|5c|c0|e0)/i;
const device = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * What is wrong with a relative path, as a sentence's end; undefined if it stays below its folder on every system.
 * Only `/` separates, whatever the system.
 */
export function relativePathFault(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (isAbsolute(path) || win32.isAbsolute(path) || /^[a-z]:/i.test(path)) return 'is not relative';
  return (
    spellingFault(path) ??
    path
      .replace(/^(?:\.\/)+/, '')
      .split('/')
      .map(partFault)
      .find(Boolean)
  );
}

/** The same for a path that may be absolute too, in the spelling of `platform`. */
export function pathFault(path: string, platform: NodeJS.Platform = process.platform): string | undefined {
  if (platform === 'win32') return windowsPathFault(path);
  return path.startsWith('/') ? relativePathFault(path.slice(1)) : relativePathFault(path);
}

function windowsPathFault(path: string): string | undefined {
  if (/^[\\/]{2}/.test(path)) return 'lies on another computer or a device';
  const slashed = path.replaceAll('\\', '/').replace(/^[a-z]:\//i, '');
  return relativePathFault(slashed);
}

function spellingFault(path: string): string | undefined {
  if (path.length > 4096) return 'is longer than 4096 characters';
  if (unseen.test(path)) return 'has characters that are not seen';
  if (encoded.test(path)) return 'has encoded dots or separators';
  if (lookAlikes.test(path)) return 'has letters that look like dots or separators';
  if (path.includes('\\')) return 'has a backslash';
  return undefined;
}

function partFault(part: string): string | undefined {
  if (part === '') return 'has an empty part';
  if (part === '..') return "has the part '..'";
  if (/^[. ]+$/.test(part)) return 'has a part of dots and spaces only';
  if (/[. ]$/.test(part)) return 'has a part that ends with a dot or a space';
  if (part.includes(':')) return 'has a colon';
  if (device.test(part)) return `has the part '${printable(part, 20)}', which names a device on Windows`;
  return undefined;
}
