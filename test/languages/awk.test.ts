import { describe, expect, test } from 'vitest';
import { hasTool, needsTool } from './tool.ts';
import { answersCalls, example, scorer, type Program } from './word-score.ts';

const awks = [
  { awk: 'awk', isThere: hasTool('awk', '--version') },
  { awk: 'mawk', isThere: hasTool('mawk', '-W', 'version') },
  { awk: 'gawk', isThere: hasTool('gawk', '--version') },
];

describe.each(awks)('the plugin in shell and $awk, over the lines of go-plugins', ({ awk, isThere }) => {
  needsTool(awk, isThere);
  const program: Program = {
    command: () => example('awk/word-score.sh'),
    options: { protocol: 'go-plugins', env: { AWK: awk, WORDS: 'Free winner' } },
  };
  answersCalls(program);

  test('fails with what it says is wrong', async () => {
    await using host = await scorer(program);
    await expect(host.manager.execute('score', { raw: Buffer.from('free') })).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      rawMessage: "send {'text': string}",
    });
    expect(await host.manager.execute('score', { text: 'free' })).toMatchObject({ score: 1 });
  });
});
