import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'flowyard-fork-'));
afterAll(() => rmSync(folder, { recursive: true }));

const good = `import { defineEnvironment } from '${resolve('environments')}';
import local from '${resolve('environments/local')}';
`;

const files: [string, string, string][] = [
  ['that does not parse', 'export default {', 'does not run'],
  ['with nothing in it', '', 'does not run|must have'],
  ['without a default export', 'export const environment = 1;', "must have 'export default defineEnvironment"],
  ['that throws', "throw new Error('no network today');", 'does not run: no network today'],
  ['that goes around the check', `${good}export default { ...local, tenants: [{}] };`, "'tenants.0' lacks the field"],
  ['of another name', `${good}export default local;`, "'name' must be that of the file, 'broken', got 'local'"],
  ['that is no text', '\u0000\uFFFE', 'does not run|must have'],
  [
    'that asks for an environment variable which is not there',
    `${good}export default defineEnvironment({ ...local, name: process.env.FLOWYARD_NOT_THERE! });`,
    "lacks the field 'name'",
  ],
];

test.each(files)('a file %s ends with exit code 2 and one message, before any call', (_, text, message) => {
  mkdirSync(join(folder, 'environments'), { recursive: true });
  writeFileSync(join(folder, 'environments', 'broken.ts'), text);
  const cache = join(folder, 'cache');
  const env = { ...process.env, FLOWYARD_CACHE: cache, NO_COLOR: '1' };

  const command = ['--import', require.resolve('tsx'), resolve('cli/main.ts'), 'up', '--env', 'broken'];
  const { status, stderr, stdout } = spawnSync(process.execPath, command, { encoding: 'utf8', env, cwd: folder });

  expect(stderr).toMatch(new RegExp(message));
  expect(stderr).not.toMatch(/^\s+at /m);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(existsSync(cache)).toBe(false);
});
