import { describe } from 'vitest';
import { hasTool, needsTool } from './tool.ts';
import { answersCalls, example, speaksTheProtocol, type Program } from './word-score.ts';

const isThere = hasTool('python3', '--version');

describe.each(['fd', 'stdio'] as const)('the plugin in Python, over %s', (channel) => {
  needsTool('python3', isThere);
  const program: Program = {
    command: () => 'python3',
    options: { args: [example('python/word_score.py')], channel },
  };
  answersCalls(program);
  speaksTheProtocol(program);
});
