import type { Finding } from './finding.ts';
import { readSecretFile } from './secret-file.ts';
import type { ScalarTree, Tree } from './tree.ts';

/** Where `${VAR}` is looked up. */
export interface Variables {
  /** The environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `${VAR}` is looked up with this before its name first. Default `GO_PLUGINS_`, as go-plugins. */
  readonly prefix?: string;
  /** Used where the environment has no value. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Used where nothing else has a value, after the default in the text. */
  readonly defaults?: Readonly<Record<string, string>>;
}

const variable = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const maxValueBytes = 4096;
const refusedCharacter = /(?![\t\n\r])\p{Cc}/u;

/** The tree with every `${…}` of its values replaced; what cannot be is reported, all of it. `$${` is a plain `${`. */
export function expand(tree: Tree, variables: Variables, report: (finding: Finding) => void): Tree {
  if (tree.kind === 'list') {
    return { ...tree, items: tree.items.map((item) => expand(item, variables, report)) };
  }
  if (tree.kind === 'map') {
    const entries = tree.entries.map((entry) => ({
      ...entry,
      value: expand(entry.value, variables, report),
    }));
    return { ...tree, entries };
  }
  return typeof tree.value === 'string' && tree.value.includes('${')
    ? expandScalar(tree, tree.value, variables, report)
    : tree;
}

function expandScalar(
  tree: ScalarTree,
  template: string,
  variables: Variables,
  report: (finding: Finding) => void,
): ScalarTree {
  let isSecret = false;
  const value = replaced(template, (inside) => {
    const isFile = inside.startsWith('file:');
    if (isFile) isSecret = true;
    const found = isFile ? readSecretFile(inside.slice('file:'.length)) : lookUp(inside, variables);
    if ('value' in found) return found.value;
    const { at, path } = tree;
    report({ code: 'CONFIG_1703', at, path, message: `\${${inside.slice(0, 200)}} ${found.refused}` });
    return '';
  });
  return { ...tree, value, template, isSecret };
}

/** Every `${…}` of a text replaced and every `$${` unescaped, in one pass; one without an end stays as it is. */
function replaced(template: string, valueOf: (inside: string) => string): string {
  let made = '';
  let from = 0;
  for (let at = template.indexOf('${'); at >= 0; at = template.indexOf('${', from)) {
    const isEscaped = at > from && template[at - 1] === '$';
    const end = isEscaped ? at + 1 : template.indexOf('}', at);
    if (end < 0) break;
    made += isEscaped
      ? `${template.slice(from, at - 1)}\${`
      : template.slice(from, at) + valueOf(template.slice(at + 2, end));
    from = end + 1;
  }
  return made + template.slice(from);
}

function lookUp(inside: string, variables: Variables): { value: string } | { refused: string } {
  const [, name, inline] = variable.exec(inside) ?? [];
  if (name === undefined)
    return { refused: 'is none of ${NAME}, ${NAME:-default}, ${file:/path}; write $${ for a plain ${' };
  const { env, prefix = 'GO_PLUGINS_', overrides = {}, defaults = {} } = variables;
  const candidates = [own(env, prefix + name), own(env, name), own(overrides, name)];
  // An empty value counts as missing, as in go-plugins.
  const value = candidates.find((text) => text !== undefined && text !== '') ?? inline ?? own(defaults, name);
  if (value === undefined) return { refused: 'is not set; set it, or write ${NAME:-default}' };
  if (Buffer.byteLength(value) > maxValueBytes)
    return { refused: `has a value of more than ${maxValueBytes} bytes` };
  return refusedCharacter.test(value) ? { refused: 'has a value with control characters' } : { value };
}

function own(values: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
