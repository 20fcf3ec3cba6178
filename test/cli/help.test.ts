import { spawnSync } from 'node:child_process';
import { examples } from '../../cli/examples';

jest.setTimeout(60_000);

function help(...path: string[]): string {
  const args = ['--import', 'tsx', 'cli/main.ts', ...path, '--help'];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout;
}

const listed = help();

test('the exit codes are told', () => {
  expect(listed).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}130 /);
});

test('every command has examples', () => {
  const commands = [...listed.matchAll(/^ {2}([a-z]+) (?=.* {2})/gm)].map(([, name]) => name!);
  const known = Object.keys(examples).map(path => path.split(' ')[0]);

  expect(commands.length).toBeGreaterThan(8);
  expect(commands.filter(name => name !== 'help' && !known.includes(name))).toEqual([]);
});

test.each(Object.entries(examples))('the examples of %s are shown and use options that there are', (path, own) => {
  const text = help(...path.split(' '));

  for (const [example] of own) {
    expect(text).toContain(`$ ${example}`);
    const used = example.match(/(?<= )--?[a-z-]+/g) ?? [];
    const described = text.slice(text.indexOf('Options:'), text.indexOf('Examples:'));
    expect(used.filter(option => !described.includes(option))).toEqual([]);
  }
});
