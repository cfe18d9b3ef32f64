import { Auto, defineHooks, definePlugin, hook, isPluginError, Production, Simple } from 'plugboard';
import { loadConfig, parseConfig, resolveConfig } from 'plugboard/config';
import { readManifest, scan } from 'plugboard/discovery';
import { smtpServerHooks } from 'plugboard/email';
import { goMethod, goPlugin, reattachGoPlugin, serveGoPlugin } from 'plugboard/go-plugin';
import { serveGrpc } from 'plugboard/grpc';
import { metricsRegistry, otlpExporter, prometheusExporter } from 'plugboard/observability';
import {
  addToWhitelist,
  auditKey,
  auditLog,
  createWhitelist,
  parseWhitelist,
  pinPath,
  readWhitelist,
  sqliteAuditLog,
  verifyAuditLog,
  whitelistGate,
} from 'plugboard/security';
import { serve } from 'plugboard/serve';
import { grpc, inProcess, subprocess, worker } from 'plugboard/transports';
import { describe, expect, it } from 'vitest';

/** What a caller writes whom no compiler tells. */
type Anything = (...given: readonly unknown[]) => unknown;

const untyped = (door: unknown): Anything => door as Anything;

const plugin = definePlugin<string, string>({ name: 'echo', version: '1.0.0', execute: (text) => text });
const handshake = { magicCookieKey: 'KEY', magicCookieValue: 'value' };
/** A method of an object, as its callers call it. */
const method =
  (object: object, name: string): Anything =>
  (...given) =>
    (object as Readonly<Record<string, Anything>>)[name]?.(...given);

const built = (name: string): Anything => method(Simple<string, string>(), name);

/** What was thrown or rejected, however it was. */
async function thrownBy(door: Anything, given: readonly unknown[]): Promise<unknown> {
  try {
    await door(...given);
  } catch (error) {
    return error;
  }
  return undefined;
}

const noObjects = [null, 42, 'text'];
const noTexts = [undefined, null, 42, {}];

/** Each public door, what does not fit there, and the word in the error that names the place. */
const doors: readonly (readonly [name: string, door: Anything, wrong: readonly unknown[], place: string])[] =
  [
    ['Simple', untyped(Simple), noObjects, 'contract'],
    ['Production', untyped(Production), noObjects, 'contract'],
    ['Auto', untyped(Auto), noObjects, 'contract'],
    ['hook', untyped(hook), noObjects, 'hook()'],
    ['defineHooks', untyped(defineHooks), [undefined, ...noObjects], 'defineHooks()'],
    ['definePlugin', untyped(definePlugin), [undefined, ...noObjects], 'plugin'],
    ['serve', untyped(serve), [undefined, ...noObjects], 'plugin'],
    ['serveGrpc', untyped(serveGrpc), [undefined, ...noObjects], 'plugin'],
    ['serveGrpc options', (given) => untyped(serveGrpc)(plugin, given), noObjects, 'serveGrpc'],
    ['serveGoPlugin', untyped(serveGoPlugin), [undefined, ...noObjects], 'serveGoPlugin'],
    [
      'serveGoPlugin versions',
      (versions) => untyped(serveGoPlugin)({ handshake, plugin, versions }),
      [null, 'x'],
      'versions',
    ],
    ['goMethod', untyped(goMethod), [undefined, ...noObjects], 'goMethod()'],
    ['inProcess', untyped(inProcess), [undefined, ...noObjects], 'definePlugin'],
    ['worker', untyped(worker), noTexts, 'file'],
    ['worker options', (given) => untyped(worker)('plugin.js', given), noObjects, 'worker('],
    ['worker env', (env) => untyped(worker)('plugin.js', { env }), noObjects, 'env'],
    ['subprocess', untyped(subprocess), noTexts, 'command'],
    ['subprocess options', (given) => untyped(subprocess)('cat', given), noObjects, 'subprocess('],
    ['grpc', untyped(grpc), noTexts, 'endpoint'],
    ['grpc options', (given) => untyped(grpc)('localhost:1', given), noObjects, 'grpc('],
    ['goPlugin', (command) => untyped(goPlugin)(command, { handshake }), noTexts, 'command'],
    ['goPlugin options', (given) => untyped(goPlugin)('cat', given), noObjects, 'goPlugin('],
    ['reattachGoPlugin', untyped(reattachGoPlugin), [undefined, ...noObjects], 'reattach'],
    ['prometheusExporter', untyped(prometheusExporter), noObjects, 'prometheusExporter'],
    ['otlpExporter', untyped(otlpExporter), [undefined, ...noObjects], 'otlpExporter'],
    [
      'otlpExporter headers',
      (headers) => untyped(otlpExporter)({ endpoint: 'http://localhost', headers }),
      noObjects,
      'headers',
    ],
    ['metricsRegistry', untyped(metricsRegistry), [null, 42, {}], 'metricsRegistry'],
    ['smtpServerHooks', untyped(smtpServerHooks), [undefined, ...noObjects], 'smtpServerHooks'],
    ['whitelistGate', untyped(whitelistGate), [undefined, null, 42], 'whitelist'],
    ['auditLog', untyped(auditLog), noTexts, 'auditLog'],
    ['auditLog options', (given) => untyped(auditLog)('audit.log', given), noObjects, 'auditLog'],
    [
      'auditLog checkpoints',
      (checkpoints) => untyped(auditLog)('audit.log', { checkpoints }),
      noObjects,
      'checkpoints',
    ],
    ['sqliteAuditLog', untyped(sqliteAuditLog), noTexts, 'sqliteAuditLog'],
    ['verifyAuditLog', untyped(verifyAuditLog), noTexts, 'verifyAuditLog'],
    ['auditKey', untyped(auditKey), noTexts, 'auditKey'],
    ['readWhitelist', untyped(readWhitelist), noTexts, 'whitelist'],
    ['parseWhitelist', untyped(parseWhitelist), noTexts, 'whitelist'],
    ['createWhitelist', untyped(createWhitelist), noTexts, 'createWhitelist'],
    ['addToWhitelist', untyped(addToWhitelist), noTexts, 'whitelist'],
    ['pinPath', untyped(pinPath), noTexts, 'pinPath'],
    ['loadConfig', untyped(loadConfig), noTexts, 'configuration'],
    ['parseConfig', untyped(parseConfig), noTexts, 'configuration'],
    [
      'parseConfig options',
      (given) => untyped(parseConfig)('', given),
      [undefined, ...noObjects],
      'parseConfig',
    ],
    ['parseConfig format', (format) => untyped(parseConfig)('', { format }), ['ini', null, {}], 'format'],
    ['resolveConfig options', (given) => untyped(resolveConfig)({}, given), noObjects, 'resolveConfig'],
    ['readManifest', untyped(readManifest), noTexts, 'manifest'],
    ['scan', untyped(scan), [undefined, ...noObjects], 'scan'],
    [
      'scan directories',
      (directories) => untyped(scan)({ directories }),
      [undefined, 'x', [42]],
      'directories',
    ],
    ['withTimeout', built('withTimeout'), [undefined, null, {}, Symbol('x'), '1'], 'timeout'],
    ['withLogLevel', built('withLogLevel'), [undefined, null, {}, Symbol('x')], 'log level'],
    ['withClock', built('withClock'), [undefined, null, {}], 'withClock'],
    ['withTracing', built('withTracing'), noObjects, 'withTracing()'],
    ['withSecurity', built('withSecurity'), [undefined, null, 42], 'withSecurity()'],
    ['withFallback', built('withFallback'), noTexts, 'withFallback'],
    ['withMetricsExporter', built('withMetricsExporter'), [undefined, null, {}], 'exporter'],
  ];

describe.each(doors)('%s', (_, door, wrong, place) => {
  it('names the place and the cure where something else is given, in an error with a code', async () => {
    for (const given of wrong) {
      const error = await thrownBy(door, [given]);
      expect(isPluginError(error) || [given, error]).toBe(true);
      expect(error).toMatchObject({ message: expect.stringContaining(place) as string });
      expect(error).not.toMatchObject({
        message: expect.stringMatching(
          /Cannot (read|destructure|convert)|is not a function|must be of type/,
        ) as string,
      });
    }
  });
});

describe('a manager', () => {
  it('says the same of what it is given later', async () => {
    await using manager = await Simple<string, string>()
      .withPlugin('echo', inProcess(plugin))
      .withMetrics()
      .build();
    const calls: readonly (readonly [name: string, before: readonly unknown[], place: string])[] = [
      ['registerMetricsExporter', [], 'exporter'],
      ['enableTracing', [], 'enableTracing()'],
      ['replace', ['echo', inProcess(plugin)], 'settings'],
      ['reconfigure', ['echo'], 'settings'],
      ['watchConfig', [], 'watchConfig'],
    ];
    for (const [name, before, place] of calls) {
      const error = await thrownBy(method(manager, name), [...before, null]);
      expect(error).toMatchObject({ code: 'CONFIG_1703', message: expect.stringContaining(place) as string });
    }
    expect(await thrownBy(method(manager, 'shutdown'), [null])).toBeUndefined();
  });
});
