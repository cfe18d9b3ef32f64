import { describe, expect, it } from 'vitest';
import { isPluginError } from 'plugboard';
import { parseConfig, type ConfigFormat, type ParseOptions } from '../../src/config/parse.ts';
import type { ConfigProblem } from '../../src/config/problems.ts';

/** The code of the error and what a person reads, a line for each problem. */
function problemsOf(format: ConfigFormat, text: string, options: Partial<ParseOptions> = {}): string[] {
  try {
    parseConfig(text, { format, file: 'f', env: {}, ...options });
    return [];
  } catch (error) {
    if (!isPluginError(error)) throw error;
    const [, ...lines] = error.message.split('\n  - ');
    return [error.code, ...lines];
  }
}

const settingsNames =
  'timeout, start, start_timeout, drain_timeout, reload_cooldown, restart, retry, circuit_breaker, rate_limit, concurrency, ' +
  'health_check, instances, config, log_level, priority, on_failure, hooks, services';

describe('a file that is not of its format is refused with the place', () => {
  it.each<[ConfigFormat, string, string]>([
    [
      'yaml',
      'plugins: [a',
      'f:1:12: is not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    [
      'yaml',
      'a: 1\n b: 2\n',
      'f:1:4: is not valid YAML: nested mappings are not allowed in compact mappings',
    ],
    ['yaml', 'a: "x', 'f:1:6: is not valid YAML: missing closing "quote'],
    ['yaml', 'a: !js/function x', 'f:1:4: is not valid YAML: unresolved tag: !js/function'],
    ['yaml', 'a: *b', 'f:1:4: has an alias *b without an anchor &b before it'],
    ['yaml', 'a: &a [*a]', 'f:1:8: has an alias *a without an anchor &a before it'],
    ['yaml', '? [a]\n: 1', 'f:1:3: has a key that is no text'],
    ['yaml', 'a: 1\n---\nb: 2', 'f:2:1: holds more than one document; split it'],
    ['yaml', '<<: 1', "f:1:5: has a merge key '<<' whose value is no map"],
    ['yaml', '['.repeat(70), 'f:1:65: is nested more than 64 deep'],
    ['yaml', `a: ${'['.repeat(70)}${']'.repeat(70)}`, 'f:1:67: is nested more than 64 deep'],
    ['json', '{"a": 1,}', "f:1:9: is not valid JSON: found '}' where another value after ',' must be"],
    ['json', "{'a': 1}", "f:1:2: is not valid JSON: found ''' where a key in double quotes must be"],
    ['json', '{"a": 01}', "f:1:7: is not valid JSON: found '0' where a value must be"],
    ['json', '{"a": tru}', "f:1:7: is not valid JSON: found 't' where a value must be"],
    ['json', '{"a" 1}', "f:1:6: is not valid JSON: found '1' where ':' must be"],
    ['json', '{"a": "\n"}', 'f:1:7: a string holds what JSON does not allow in one'],
    ['json', '{"a": "x', 'f:1:7: a string does not end'],
    ['json', '{"a": 1', "f:1:8: is not valid JSON: the file ends where ',' or '}' must be"],
    ['json', '{} {}', "f:1:4: is not valid JSON: found '{' where the end of the file must be"],
    ['json', '', 'f:1:1: is not valid JSON: the file ends where a value must be'],
    ['json', '['.repeat(70), 'f:1:65: is nested more than 64 deep'],
    [
      'toml',
      'a = 1\na = 2',
      'f:2:1: is not valid TOML: trying to redefine an already defined table or value',
    ],
    ['toml', 'a = [1', 'f:1:7: is not valid TOML: expected comma or end of structure'],
    ['toml', 'a == 1', 'f:1:4: is not valid TOML: invalid value'],
  ])('%s %s', (format, text, problem) => {
    expect(problemsOf(format, text)).toEqual(['CONFIG_1702', problem]);
  });
});

describe('a file that is too much is refused before it is taken apart', () => {
  it('over 1 MiB, or what is set', () => {
    expect(problemsOf('yaml', ' '.repeat(2 ** 20 + 1))).toEqual([
      'CONFIG_1702',
      'f: has 1048577 bytes; at most 1048576 are read',
    ]);
    expect(problemsOf('json', '"é"', { maxBytes: 3 })).toEqual([
      'CONFIG_1702',
      'f: has 4 bytes; at most 3 are read',
    ]);
  });

  it('with more values than a configuration has, also where aliases multiply few', () => {
    const levels = Array.from({ length: 20 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`);
    const bomb = ['a0: &a0 [1, 2, 3]', ...levels].join('\n');
    expect(problemsOf('yaml', bomb)[1]).toMatch(/^f:\d+:\d+: has more than 100000 values; split it$/);
    expect(problemsOf('json', `[${'1,'.repeat(100_001)}1]`)[1]).toMatch(/has more than 100000 values/);
    expect(problemsOf('yaml', '- a\n'.repeat(200_000))[1]).toBe(
      'f: has more than 300000 words and signs; split it',
    );
  });
});

describe('a file that says what is not allowed is refused with the place, the value and the cure', () => {
  it.each<[string, string, string[]]>([
    [
      'a slip in a key',
      'plugins: [a]\nlog_levle: info',
      [
        "f:2:1: log_levle: unknown key; did you mean 'log_level'? known here: timeout, log_level, data_dir, defaults, " +
          'connection, plugins, discovery, security, metrics, tracing, reload, limits, marketplace, sections',
      ],
    ],
    [
      'a slip in a setting',
      'plugins:\n  - name: a\n    retry: { max_retrys: 2 }',
      [
        "f:3:14: plugins[0].retry.max_retrys: unknown key; did you mean 'max_retries'? known here: max_retries, " +
          'initial_interval, max_interval, multiplier, jitter, attempt_timeout, budget_ratio',
      ],
    ],
    [
      'a key that is like none',
      'plugins:\n  - name: a\n    xyzzy: 1',
      [
        'f:3:5: plugins[0].xyzzy: unknown key; known here: name, type, enabled, version, transport, command, ' +
          'file, endpoint, args, env, inherit_env, work_dir, protocol, channel, max_frame, kill_timeout, auth, ' +
          `connection, dependencies, labels, annotations, ${settingsNames}`,
      ],
    ],
    [
      'a time without a unit that is one',
      'plugins: [a]\ntimeout: 30 seconds',
      [
        "f:2:10: timeout: must be a time: a number of milliseconds, or text such as 100ms, 30s, 5m, 1h; found '30 seconds'",
      ],
    ],
    [
      'a size without a unit that is one',
      'plugins: [a]\nlimits: { max_memory: 1 gig }',
      [
        "f:2:23: limits.max_memory: must be a size: a number of bytes, or text such as 50MB, 512KiB, 1GiB; found '1 gig'",
      ],
    ],
    [
      'a number out of its range',
      'plugins:\n  - name: a\n    retry: { max_retries: -1 }',
      ['f:3:27: plugins[0].retry.max_retries: must be at least 0; found -1'],
    ],
    [
      'a text for a number',
      'plugins: [a]\ndefaults: { rate_limit: { burst_size: many } }',
      ["f:2:39: defaults.rate_limit.burst_size: must be a number; found 'many'"],
    ],
    [
      'a word that is none of a few',
      'plugins: [a]\nlog_level: inof',
      ["f:2:12: log_level: must be one of debug, info, warn, error (did you mean info?); found 'inof'"],
    ],
    [
      'a list for a map',
      'plugins: [a]\nsecurity: [strict]',
      ['f:2:11: security: must be a map; found a list'],
    ],
    [
      'two plugins of a name',
      'plugins: [a, a]',
      ["f:1:14: plugins[1]: 'a' is already the name of another plugin"],
    ],
    [
      'a name that is a path',
      'plugins: [../a]',
      [
        "f:1:11: plugins[0]: '../a' cannot be a plugin's name. Use 1 to 64 letters, digits, and . _ - inside; " +
          'it begins with a letter or digit and has no two dots in a row.',
      ],
    ],
    [
      'a key twice',
      'plugins: [a]\nlog_level: info\nlogLevel: warn',
      ['f:3:1: logLevel: is given twice, here perhaps in another spelling'],
    ],
    [
      "a key twice inside a plugin's own",
      'plugins:\n  - name: a\n    config: { x: 1, x: 2 }',
      ['f:3:21: plugins[0].config.x: is given twice'],
    ],
    [
      'nothing',
      '',
      ['f: names no plugin and no directory to look for some; add plugins or discovery.directories'],
    ],
    ['a text', 'hello', ['f:1:1: must be a map with a key plugins']],
    ['no name', 'plugins: [{ command: x }]', ['f:1:11: plugins[0]: has no name; give one']],
    [
      'a transport that there is not',
      'plugins: [{ name: a, transport: http }]',
      [
        "f:1:33: plugins[0].transport: must be one of exec, subprocess, worker, grpc, grpc-tls, go-plugin; found 'http'",
      ],
    ],
    [
      'a program without a command',
      'plugins: [{ name: a, transport: exec }]',
      ["f:1:11: plugins[0]: a program needs a command (or executable), such as './plugins/auth'"],
    ],
    [
      'gRPC without an endpoint',
      'plugins: [{ name: a, transport: grpc }]',
      ["f:1:11: plugins[0]: gRPC needs an endpoint, such as 'localhost:9090'"],
    ],
    [
      'gRPC with a URL',
      'plugins: [{ name: a, endpoint: "http://x:1" }]',
      ['f:1:32: plugins[0].endpoint: must be host:port without http://; transport grpc-tls turns on TLS'],
    ],
    [
      'a field of another transport',
      'plugins: [{ name: a, endpoint: "x:1", cwd: /tmp }]',
      ['f:1:44: plugins[0].cwd: means nothing to a plugin of kind grpc; there are: endpoint, max_frame'],
    ],
    [
      'an api key that is not there',
      'plugins: [{ name: a, auth: { method: api-key } }]',
      ['f:1:38: plugins[0].auth.method: needs an api_key'],
    ],
    [
      'an environment without names',
      'plugins: [{ name: a, command: x, env: [A] }]',
      ['f:1:39: plugins[0].env: must be a map; found a list'],
    ],
    [
      'a range that is none',
      'plugins: [{ name: a, dependencies: ["b@new"] }]',
      [
        "f:1:37: plugins[0].dependencies[0]: must be a range of semantic versions such as ^1.2.0; found 'new'",
      ],
    ],
    [
      'isolation turned off',
      'plugins: { plugins: [a], executor: { enable_panic_recovery: false } }',
      [
        'f:1:38: plugins.executor.enable_panic_recovery: must be true: a plugin that fails never takes the host with it, and this cannot be turned off',
      ],
    ],
    [
      'config for a plugin that is not named',
      'plugins: { plugins: [a], plugin_config: { b: {} } }',
      ["f:1:43: plugins.plugin_config.b: plugins names no 'b'; add it there"],
    ],
  ])('%s', (_, text, problems) => {
    expect(problemsOf('yaml', text)).toEqual(['CONFIG_1703', ...problems]);
  });

  it('and everything else that is wrong with it, in the order of the file', () => {
    const text =
      'timeout: x\nplugins:\n  - name: a\n    retry: 3\n    kommand: y\n  - name: a\n    priority: 1.5\n';
    const lines = problemsOf('yaml', text).map((line) => line.split(' ')[0]);
    expect(lines).toEqual(['CONFIG_1703', 'f:1:10:', 'f:4:12:', 'f:5:5:', 'f:6:11:', 'f:7:15:']);
  });

  it('with the place in TOML, too', () => {
    const text = '[[plugins]]\nname = "a"\n\n[[plugins]]\nname = "b"\n[plugins.retry]\nmax_retries = -1\n';
    expect(problemsOf('toml', text)).toEqual([
      'CONFIG_1703',
      'f:7:1: plugins[1].retry.max_retries: must be at least 0; found -1',
    ]);
  });
});

describe('the codes of problems', () => {
  it.each([
    ['{ name: 1x/ }', 'PLUGIN_1001'],
    ['{ name: a, transport: exec }', 'PLUGIN_1007'],
    ['{ name: a, transport: grpc }', 'PLUGIN_1003'],
    ['{ name: a, endpoint: "http://x:1" }', 'PLUGIN_1004'],
    ['{ name: a, endpoint: "nowhere" }', 'PLUGIN_1005'],
    ['{ name: a, transport: smoke }', 'PLUGIN_1008'],
    ['{ name: a, args: [x] }', 'PLUGIN_1002'],
    ['{ name: a, auth: { method: api-key } }', 'AUTH_1101'],
    ['{ name: a, auth: { method: bearer } }', 'AUTH_1102'],
    ['{ name: a, auth: { method: basic, username: x } }', 'AUTH_1103'],
    ['{ name: a, auth: { method: mtls, cert_file: x } }', 'AUTH_1104'],
    ['{ name: a, auth: { method: kerberos } }', 'AUTH_1105'],
  ])('of %s is %s', (plugin, code) => {
    const problems: ConfigProblem[] = [];
    try {
      parseConfig(`plugins: [${plugin}]`, { format: 'yaml', env: {} });
    } catch (error) {
      if (isPluginError(error)) problems.push(...(error.context['problems'] as ConfigProblem[]));
    }
    expect(problems.map((problem) => problem.code)).toEqual([code]);
  });
});

describe('a lenient reader', () => {
  it('tells unknown keys and goes on, but lets nothing else pass', () => {
    const warnings: ConfigProblem[] = [];
    const options = {
      format: 'yaml',
      env: {},
      lenient: true,
      warn: (one: ConfigProblem) => warnings.push(one),
    } as const;
    const config = parseConfig('plugins: [a]\nfuture: 1', options);
    expect(config.plugins.map(({ name }) => name)).toEqual(['a']);
    expect(warnings).toMatchObject([{ line: 2, column: 1, path: 'future' }]);
    expect(problemsOf('yaml', 'plugins: [a]\ntimeout: x', { lenient: true })).toHaveLength(2);
  });
});
