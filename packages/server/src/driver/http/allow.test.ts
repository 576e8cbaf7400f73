import { describe, expect, it } from 'vitest';
import { parseAllow } from './allow.js';

describe('parseAllow', () => {
  it.each<[entry: string, permitted: [string, number, string][], not: [string, number, string][]]>([
    ['', [], [['localhost', 80, '127.0.0.1']]],
    [
      'localhost',
      [['localhost', 80, '127.0.0.1'], ['LOCALHOST.', 8080, '::1']],
      [['127.0.0.1', 80, '127.0.0.1'], ['a.localhost', 80, '127.0.0.1'], ['xlocalhost', 80, '::1']],
    ],
    ['Hooks.Example:81', [['hooks.example', 81, '10.0.0.1']], [['hooks.example', 80, '10.0.0.1'], ['hooks.example', 810, '10.0.0.1']]],
    ['bücher.example.', [['xn--bcher-kva.example', 80, '10.0.0.1']], [['bucher.example', 80, '10.0.0.1']]],
    [
      '*.internal',
      [['a.internal', 80, '10.0.0.1'], ['a.b.internal.', 80, '::1']],
      [['internal', 80, '10.0.0.1'], ['a.internal.example', 80, '10.0.0.1'], ['ainternal', 80, '::1']],
    ],
    ['*.internal:81', [['a.internal', 81, '10.0.0.1']], [['a.internal', 80, '10.0.0.1']]],
    [
      '10.0.0.5',
      [['10.0.0.5', 80, '10.0.0.5'], ['x.example', 80, '10.0.0.5']],
      [['10.0.0.6', 80, '10.0.0.6'], ['x', 80, '::ffff:10.0.0.5'], ['x', 80, '::10.0.0.5'], ['10.0.0.5', 80, '10.0.0.6']],
    ],
    ['10.0.0.5:90', [['x', 90, '10.0.0.5']], [['x', 91, '10.0.0.5']]],
    [
      '10.0.0.0/8',
      [['x', 1, '10.0.0.0'], ['x', 65535, '10.255.255.255']],
      [['x', 80, '11.0.0.0'], ['x', 80, '9.255.255.255'], ['x', 80, '::ffff:a00:1']],
    ],
    ['::1', [['::1', 80, '::1'], ['x', 80, '0:0::1']], [['x', 80, '::2'], ['x', 80, '127.0.0.1']]],
    ['[::1]', [['x', 80, '::1']], [['x', 80, '::']]],
    ['[FD00::5]:8080', [['x', 8080, 'fd00::5']], [['x', 80, 'fd00::5']]],
    ['fd00::/8', [['x', 80, 'fdff::1'], ['x', 80, 'fd00::1%eth0']], [['x', 80, 'fc00::1']]],
    ['::ffff:127.0.0.1', [['x', 80, '::ffff:7f00:1']], [['x', 80, '127.0.0.1']]],
    [' a , ,b:1,', [['a', 5, '10.0.0.1'], ['b', 1, '10.0.0.1']], [['b', 2, '10.0.0.1']]],
  ])('%s', (entry, permitted, not) => {
    const { permits } = parseAllow(entry);
    expect(permitted.filter((asked) => !permits(...asked))).toEqual([]);
    expect(not.filter((asked) => permits(...asked))).toEqual([]);
  });

  it('reads a list as it reads one string', () => {
    const { permits } = parseAllow(['a', 'b,c']);
    expect(['a', 'b', 'c', 'd'].map((host) => permits(host, 80, '10.0.0.1'))).toEqual([true, true, true, false]);
  });

  it.each([
    '*', '*.', '*.*', 'a.*.example', '*a.example', '*.0.0.1', '*.1', 'a b', 'a?b', 'a#b', 'u@a', 'a\\b', 'a..b', '.a', `${'a'.repeat(64)}.example`,
    'http://a.example', 'a.example/path', 'a:0', 'a:65536', 'a:http', 'a:', ':80', '10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/8:80',
    '127.1', '0x7f.1', '0x7f000001', '2130706433', '256.1.1.1', '1.2.3.4.5', '[::1', '::1]', '[::1]:', '[a]', '[127.0.0.1]', 'fe80::1%eth0', '::1:80x',
  ])('refuses %s in one sentence that names the setting', (entry) => {
    expect(() => parseAllow(`fine.example,${entry}`)).toThrow(/^ACTIVEFLOW_EGRESS_ALLOW: the entry ".*" .*[^.]\.$/);
  });
});
