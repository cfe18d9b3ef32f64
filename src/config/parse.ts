import { checkObject, checkText } from '../core/check-given.ts';
import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { checkSize, defaultMaxBytes } from './caps.ts';
import { applyEnvironment } from './environment.ts';
import { expand, type Variables } from './expand.ts';
import { Findings, maxFindings, placed, type Finding } from './finding.ts';
import { normalForm } from './forms.ts';
import { buildConfig } from './build-config.ts';
import type { HostConfig } from './host-config.ts';
import { hostSchema } from './host-schema.ts';
import { readJson } from './json-reader.ts';
import { configError, UnreadableText, type ConfigProblem } from './problems.ts';
import type { PluginSettings } from './settings.ts';
import { spell } from './spell.ts';
import { readToml } from './toml-reader.ts';
import { treeOf, type Tree } from './tree.ts';
import { readYaml } from './yaml-reader.ts';

/** How a configuration is written down. */
export type ConfigFormat = 'yaml' | 'json' | 'toml';

/** How a configuration is taken up. */
export interface ConfigOptions extends Partial<Variables> {
  /** For `${VAR}` and the documented variables. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What plugins are set to where neither the file's defaults nor they themselves say something. */
  readonly base?: PluginSettings;
  /** Unknown keys are told to `warn` instead of being refused. Default false: a slip in a key should not go unseen. */
  readonly lenient?: boolean;
  readonly warn?: (problem: ConfigProblem) => void;
}

/** What a host's code may say of how its configuration is read. */
export type ConfigReading = Omit<ConfigOptions, 'base' | 'warn'>;

/** How a text is read. */
export interface ParseOptions extends ConfigOptions {
  readonly format: ConfigFormat;
  /** Named in errors. */
  readonly file?: string;
  /** The largest text that is read, in bytes. Default 1 MiB. */
  readonly maxBytes?: number;
}

const readers = { yaml: readYaml, json: readJson, toml: readToml };

/**
 * Reads the text of a configuration.
 * @throws {PluginError} `CONFIG_1702` if it is not of its format, `CONFIG_1703` with everything that is wrong with it;
 * `context.problems` holds each with its code, line, column and path.
 */
export function parseConfig(text: string, options: ParseOptions): HostConfig {
  checkText(text, 'the text of a configuration', 'Give YAML, JSON or TOML.');
  checkObject(options, 'the options of parseConfig', "Say at least { format: 'yaml' }.");
  return take(readTree(text, options), text, options);
}

/**
 * Takes up a configuration that is an object, with the same fields and forms as a file.
 * @throws {PluginError} `CONFIG_1703` with everything that is wrong with it.
 */
export function resolveConfig(config: unknown, options: ConfigOptions = {}): HostConfig {
  checkObject(options, 'the options of resolveConfig', 'Leave them out for the defaults.');
  return take(treeOf(config), '', options);
}

function readTree(text: string, { format, file, maxBytes = defaultMaxBytes }: ParseOptions): Tree {
  try {
    checkSize(text, maxBytes);
    return readerOf(format)(text);
  } catch (error) {
    if (!(error instanceof UnreadableText)) throw error;
    const finding: Finding = { code: 'CONFIG_1702', at: error.at, path: '', message: error.message };
    throw configError(placed([finding], text), file);
  }
}

function readerOf(format: ConfigFormat): (text: string) => Tree {
  if (Object.hasOwn(readers, format)) return readers[format];
  const message = `the format of a configuration is '${printable(format, 40)}'; there are: ${Object.keys(readers).join(', ')}.`;
  throw new PluginError('CONFIG_1703', { message });
}

function take(tree: Tree, text: string, options: ConfigOptions & { readonly file?: string }): HostConfig {
  const findings = new Findings();
  const config = findings.during(() => made(tree, text, options, findings));
  if (config === undefined || findings.all.length > 0) {
    throw configError(placed(findings.all, text), options.file);
  }
  return config;
}

function made(tree: Tree, text: string, options: ConfigOptions, findings: Findings): HostConfig | undefined {
  const { env = process.env, base = {} } = options;
  const expanded = expand(tree, { ...options, env }, findings.report);
  const root = applyEnvironment(normalForm(expanded, findings.report), env);
  const unknown: Finding[] = [];
  const note = (finding: Finding): void => void (unknown.length < maxFindings && unknown.push(finding));
  const spelled = spell(hostSchema, root, findings.report, options.lenient === true ? note : findings.report);
  placed(unknown, text).forEach((problem) => options.warn?.(problem));
  const told = new Set(findings.all.map(({ path }) => path));
  return buildConfig(spelled, base, (finding) => {
    if (!told.has(finding.path)) findings.report(finding); // one cause is enough for a value
  });
}
