import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { init } from '../../cli/init';

const root = join(__dirname, '../..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flowyard-init-'));
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

test('writes a repository with the names that were given, and no placeholder', () => {
  init(folder, { name: 'acme', env: 'prod' });

  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(files).toEqual(
    expect.arrayContaining([
      '.github/workflows/ci.yml',
      '.gitignore',
      'Pulumi.yaml',
      'README.md',
      'cdk8s.yaml',
      'environments/prod.ts',
      'flowyard.config.ts',
      'package.json',
      'test/platform.test.ts',
      'tsconfig.json',
    ]),
  );
  expect(read('Pulumi.yaml')).toMatch(/^name: acme$/m);
  expect(read('environments/prod.ts')).toContain("name: 'prod'");
  for (const file of files.filter(each => /\.\w+$/.test(each) && !each.startsWith('.github'))) {
    expect(read(file)).not.toMatch(/my-(platform|environment)/);
  }
});

test('depends on this version, or on the one or the tarball that was asked for', () => {
  const dependency = (flowyard?: string) => {
    const target = join(folder, String(flowyard?.length));
    init(target, { name: 'acme', env: 'dev', flowyard });
    return json(join(target, 'package.json')).dependencies.flowyard;
  };
  const tarball = join(folder, 'flowyard.tgz');
  writeFileSync(tarball, '');

  expect(dependency()).toBe(json(join(root, 'package.json')).version);
  expect(dependency('^1.2.0')).toBe('^1.2.0');
  expect(dependency(tarball)).toBe('file:../flowyard.tgz');
});

test('tells machines what it wrote and what comes next', () => {
  const target = join(folder, 'acme');
  init(target, { env: 'dev', json: true });

  const [[document]] = jest.mocked(process.stdout.write).mock.calls as [[string]];
  expect(JSON.parse(document)).toMatchObject({
    ok: true,
    name: 'acme',
    env: 'dev',
    files: expect.arrayContaining(['environments/dev.ts', '.gitignore']),
    next: [`cd ${target}`, 'npm install', 'npm test', 'npm run up'],
  });
});

test('an empty repository of git is empty', () => {
  mkdirSync(join(folder, '.git'));

  expect(init(folder, { name: 'acme', env: 'dev' })).toBe(0);
});

test('throws when the folder is not empty, and writes nothing', () => {
  writeFileSync(join(folder, 'notes.txt'), '');

  expect(() => init(folder, { name: 'acme', env: 'dev' })).toThrow("is not empty: it has 'notes.txt'");
  expect(readdirSync(folder)).toEqual(['notes.txt']);
});

test('throws when the tarball is not there', () => {
  expect(() => init(folder, { name: 'acme', env: 'dev', flowyard: 'none.tgz' })).toThrow(
    "'--flowyard' must be a version or a tarball that is there, got 'none.tgz'",
  );
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['name', { name: 'Acme', env: 'dev' }],
  ['env', { name: 'acme', env: 'dev.eu' }],
] as const)('throws when --%s is no name', (option, options) => {
  expect(() => init(folder, options)).toThrow(`'--${option}' must be lower-case letters, digits and hyphens`);
});

test.each(['templates/fork', 'examples/fork'])('%s wants what this package wants', project => {
  const own = json(join(root, 'package.json'));
  const { dependencies, devDependencies, overrides } = json(join(root, project, 'package.json'));

  expect({ ...own.dependencies, ...own.devDependencies, flowyard: own.version }).toMatchObject({
    ...dependencies,
    ...devDependencies,
  });
  expect(overrides).toEqual(own.overrides);
});
