import { parse, stringify } from 'yaml';
import { loadEnvironment } from '../../environments';
import { renderEnvironment } from '../../stacks/platform';
import { toYaml, yamlOptions } from '../../stacks/yaml';
import { Seeded } from '../support/seeded';

const asLibrary = (value: unknown) => stringify(value, yamlOptions);

const nasty = [
  ...['', ' ', ' leading', 'trailing ', 'yes', 'no', 'on', 'off', 'y', 'n', 'true', 'null', '~', 'Null', '=', '<<'],
  ...['0o7', '010', '1e3', '1_000', '.5', '-', '--', '- a', '? a', '0x1F', '.inf', '12:30:45', '2026-03-11', '1.10'],
  ...[
    'a: b',
    'a:',
    ':a',
    'a #b',
    '#a',
    '*a',
    '&a',
    '!a',
    '|',
    '>',
    '%a',
    '@a',
    '`a',
    '{a}',
    '[a]',
    '{{ .Values }}',
    ',',
  ],
  ...[
    "it's",
    '"quoted"',
    `both ' and "`,
    'back\\slash',
    'tab\there',
    '\ttab',
    'é',
    '名前',
    '🚀',
    '\u0007bell',
    '\u2028',
  ],
  ...['a\nb', 'a\nb\n', 'a\n\n\nb\n\n', '\na', '\n', '\n\n', '  a\n b\n', '   \n', 'a\n  \nb', 'a \nb', '# a\nb: c\n'],
  ...[
    'a\r\nb',
    'x'.repeat(300),
    `${'long words '.repeat(40)}`,
    `${'line of text\n'.repeat(30)}`,
    '---\na',
    '...',
    'a\n---\n',
  ],
];

/** Written otherwise than by the library: tabs, lines of blanks, keys of several lines, and the end mark as a key. */
const differs = (text: string) => /[\t\r\n\u2028\u00a0]|^(\.\.\.|=)$/.test(text);

test.each(nasty.map(text => [JSON.stringify(text).slice(0, 60), text]))('writes %s as the library does', (_, text) => {
  const value = { a: text, [text]: 1, list: [text, [text], { b: text, c: [{ d: text }] }], map: { e: { f: text } } };

  if (!differs(text)) expect(toYaml(value)).toBe(asLibrary(value));
  expect(parse(toYaml(value))).toEqual(value);
  expect(parse(toYaml(value), { version: '1.1', merge: false })).toEqual(value);
});

test.each([
  [{}],
  [[]],
  ['text'],
  [null],
  [{ a: {}, b: [], c: null, d: undefined, e: { f: undefined } }],
  [[[], {}, [[1, [2]], { a: [] }]]],
  [{ a: 1, b: -0.5, c: 1e21, d: 0, e: true, f: false, g: 12345678901 }],
])('writes %j as the library does', value => {
  expect(toYaml(value)).toBe(asLibrary(value));
});

test('500 random values come back as they were', () => {
  const seeded = new Seeded(7);
  const make = (depth: number): unknown => {
    const kind = seeded.below(depth > 4 ? 3 : 6);
    if (kind === 0) return seeded.pick(nasty);
    if (kind === 1) return seeded.below(1000) - 500;
    if (kind === 2) return seeded.pick([true, false, null]);
    const members = Array.from({ length: seeded.below(4) }, () => make(depth + 1));
    return kind === 3 ? members : Object.fromEntries(members.map(member => [seeded.pick(nasty), member]));
  };
  for (let round = 0; round < 500; round++) {
    const value = { root: make(0) };
    expect(parse(toYaml(value))).toEqual(value);
  }
});

test('writes every object of an environment as the library does', () => {
  for (const { manifest } of renderEnvironment(loadEnvironment('local')).objects) {
    expect(toYaml(manifest)).toBe(asLibrary(manifest));
  }
});
