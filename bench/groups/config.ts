import { parse } from 'yaml';
import { diffConfig, parseConfig, serializeConfig, type ConfigFormat } from 'plugboard/config';
import { race } from '../measure/race.ts';
import { atMost, type FactRow, type Report } from '../report/report.ts';
import { fact, timeRows, timesAsLong } from '../report/rows.ts';

const env = {};

/** A plugin with every common field; the one number of `changed` differs. */
function entry(index: number, changed: number): object {
  return {
    name: `plugin-${index}`,
    command: `./plugins/plugin-${index}`,
    args: ['--config', `/etc/plugins/${index}.conf`],
    env: { LOG_LEVEL: 'info', TOKEN_FILE: '/run/secrets/token' },
    retry: { max_retries: index === changed ? 4 : 3, initial_interval: '100ms' },
    circuit_breaker: { failure_threshold: 5, recovery_timeout: '30s' },
    rate_limit: { requests_per_second: 10, burst_size: 20 },
    health_check: { interval: '30s', timeout: '5s' },
    config: { words: ['spam', 'virus'], threshold: 0.5 },
  };
}

function fileOf(changed = -1): string {
  const plugins = Array.from({ length: 1000 }, (_, index) => entry(index, changed));
  return JSON.stringify({ plugins });
}

const json = fileOf();
const before = parseConfig(json, { format: 'json', env });
const after = parseConfig(fileOf(500), { format: 'json', env });
const yaml = serializeConfig(before);

const repeated =
  (work: () => unknown) =>
  async (calls: number): Promise<void> => {
    for (let call = 0; call < calls; call++) work();
  };

/** Loading and comparing a thousand plugins, and what the worst files cost. */
export async function run(): Promise<Report> {
  const laps = await race(
    [
      { name: 'JSON.parse', run: repeated(() => JSON.parse(json)) },
      { name: 'from JSON', run: repeated(() => parseConfig(json, { format: 'json', env })) },
      { name: 'the yaml library', run: repeated(() => parse(yaml)) },
      { name: 'from YAML', run: repeated(() => parseConfig(yaml, { format: 'yaml', env })) },
      { name: 'compared', run: repeated(() => diffConfig(before, after)) },
    ],
    { rounds: 7, calls: 2, warmups: 2 },
  );
  const about = '1,000 plugins';
  return {
    group: 'config',
    about:
      'how long a configuration of a thousand plugins takes to load and to compare, and a hostile file to be refused',
    times: timeRows(laps, about),
    ratios: [
      timesAsLong(laps, about, ['from YAML', 'the yaml library']),
      timesAsLong(laps, about, ['compared', 'from JSON']),
    ],
    facts: hostile.map(worst),
  };
}

/** What made parsers slow: many keys, errors, nodes, marks; each as often as 1 MiB holds. */
const hostile: readonly (readonly [ConfigFormat, string, string])[] = [
  ['yaml', 'keys', Array.from({ length: 49_000 }, (_, index) => `k${index}: ${index}`).join('\n')],
  ['yaml', 'one key again and again', 'a: 1\n'.repeat(48_000)],
  ['yaml', 'errors', '"" '.repeat(2 ** 20 / 3)],
  ['yaml', 'brackets', '['.repeat(2 ** 20)],
  ['yaml', 'aliases', `a: &a 1\nb:\n${'- *a\n'.repeat(70_000)}`],
  ['yaml', 'flow values', `[${'1,'.repeat(99_000)}1]`],
  ['json', 'keys', `{${Array.from({ length: 90_000 }, (_, index) => `"k${index}":1`).join(',')}}`],
  ['toml', 'keys', Array.from({ length: 70_000 }, (_, index) => `k${index} = 1`).join('\n')],
];

function worst([format, what, text]: readonly [ConfigFormat, string, string]): FactRow {
  const times = [1, 2, 3].map(() => {
    const startedAt = process.cpuUsage();
    try {
      parseConfig(text, { format, env });
    } catch {
      // It is refused; how long that takes is what is asked.
    }
    const { user, system } = process.cpuUsage(startedAt); // other work on the machine does not count
    return (user + system) / 1000;
  });
  const size = `${Math.round(text.length / 1024)} KiB`;
  return fact(
    `${format}: ${size} of ${what}, read or refused`,
    Math.round(Math.min(...times)),
    'ms',
    atMost(1000),
  );
}
