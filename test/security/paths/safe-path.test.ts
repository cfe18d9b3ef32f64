import { describe, expect, it } from 'vitest';
import { pathFault, relativePathFault } from '../../../security/paths/safe-path.ts';

describe('a relative path', () => {
  it.each(['score.js', './score.js', 'lib/a.b-c_d.js', '.hidden', 'a b/ü.js', '100%/x', 'lib/...ok'])(
    'may be %j',
    (path) => {
      expect(relativePathFault(path)).toBeUndefined();
    },
  );

  it.each([
    ['', 'empty'],
    ['../x', "'..'"],
    ['a/../../x', "'..'"],
    ['a/./b', 'dots and spaces only'],
    ['/etc/passwd', 'not relative'],
    ['C:x', 'not relative'],
    ['c:\\x', 'not relative'],
    ['\\\\server\\share\\x', 'not relative'],
    ['\\x', 'not relative'],
    ['a\\..\\x', 'backslash'],
    ['a\0.js', 'not seen'],
    ['a\u202ejs.', 'not seen'],
    ['a\u200b', 'not seen'],
    ['%2e%2e/x', 'encoded'],
    ['..%2fx', 'encoded'],
    ['..%5Cx', 'encoded'],
    ['%252e%252e/x', 'encoded'],
    ['..%c0%afx', 'encoded'],
    ['x%00.js', 'encoded'],
    ['.. /x', 'dots and spaces only'],
    ['.../x', 'dots and spaces only'],
    ['a./x', 'ends with a dot or a space'],
    ['a ', 'ends with a dot or a space'],
    ['a//b', 'empty part'],
    ['a/', 'empty part'],
    ['\u2024\u2024/x', 'look like'],
    ['\uff0e\uff0e\uff0fx', 'look like'],
    ['..\u2215x', 'look like'],
    ['..\u2044x', 'look like'],
    ['file.js:stream', 'colon'],
    ['NUL', 'device'],
    ['lib/con.txt', 'device'],
    ['x'.repeat(5000), 'longer'],
  ])('may not be %j', (path, fault) => {
    expect(relativePathFault(path)).toContain(fault);
  });
});

describe('a path of a whitelist', () => {
  it('may be absolute, in the spelling of the system', () => {
    expect(pathFault('/opt/plugins/score', 'linux')).toBeUndefined();
    expect(pathFault('C:\\plugins\\score.exe', 'win32')).toBeUndefined();
    expect(pathFault('C:\\plugins\\score.exe', 'linux')).toBeDefined();
  });

  it.each([
    ['/opt/../etc/x', 'linux'],
    ['//server/share', 'linux'],
    ['/', 'linux'],
    ['\\\\server\\share\\x', 'win32'],
    ['\\\\?\\C:\\x', 'win32'],
    ['//server/share/x', 'win32'],
    ['C:\\a\\..\\x', 'win32'],
    ['C:x', 'win32'],
    ['C:\\a\\x.exe.', 'win32'],
    ['C:\\a\\file:stream', 'win32'],
  ] as const)('may not be %j on %s', (path, platform) => {
    expect(pathFault(path, platform)).toBeDefined();
  });
});
