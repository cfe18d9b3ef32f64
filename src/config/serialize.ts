import { Document, isScalar, visit } from 'yaml';

import { isSecretKey, redacted, redactText } from '../core/redact.ts';
import type { HostConfig } from './host-config.ts';
import { hostSchema } from './host-schema.ts';
import { fileShape } from './file-shape.ts';
import type { Secrets } from './secrets.ts';
import { spellForFile } from './spell-for-file.ts';

/**
 * A configuration as a file that is read back as the same configuration. What came from a secret file stands there as
 * it was written, `${file:/run/secrets/key}`; secrets that were given as text are in it.
 */
export function serializeConfig(config: HostConfig, format: 'yaml' | 'json' = 'yaml'): string {
  return written(config, format, (text) => text);
}

/** The same for people: values whose names say that they are secret are `[redacted]`, and so are passwords in URLs and the like. */
export function printConfig(config: HostConfig, format: 'yaml' | 'json' = 'yaml'): string {
  return written(config, format, (text, name) =>
    text !== '' && isSecretKey(name) ? redacted : redactText(text, Infinity),
  );
}

function written(config: HostConfig, format: 'yaml' | 'json', hide: Hide): string {
  const texts = withTexts(spellForFile(hostSchema, fileShape(config), ''), '', config.secrets, hide);
  return format === 'json' ? `${JSON.stringify(texts, undefined, 2)}\n` : yamlOf(texts);
}

type Hide = (text: string, name: string) => string;

/** Strings as they must be written: secrets as their template, a `${` that is none of ours escaped. */
function withTexts(value: unknown, name: string, secrets: Secrets, hide: Hide): unknown {
  if (typeof value === 'string') {
    return secrets.templateOf(value) ?? hide(value, name).replaceAll('${', () => '$${');
  }
  if (Array.isArray(value)) return value.map((item) => withTexts(item, name, secrets, hide));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, part]: [string, unknown]) => [
    key,
    withTexts(part, key, secrets, hide),
  ]);
  return Object.fromEntries(entries);
}

function yamlOf(value: unknown): string {
  const document = new Document(value, { schema: 'core', aliasDuplicateObjects: false });
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === '<<') key.type = 'QUOTE_DOUBLE'; // plain, it would be a merge key
    },
  });
  return document.toString({ lineWidth: 0 });
}
