import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { FlowyardError } from '../engine/errors';
import { packageFolder, version } from '../engine/version';
import { colours as pc } from './colours';
import { count, Terminal } from './terminal';

/** Options of `init`. */
export interface InitOptions {
  /** @default - the folder's */
  readonly name?: string;

  /** Name of the first environment. */
  readonly env: string;

  /** Version of this package, or the path of a tarball. @default - the version that runs */
  readonly flowyard?: string;
  readonly json?: boolean;
}

/** Names in the template, and whose they are. */
const placeholders = { name: 'my-platform', env: 'my-environment' } as const;

/** `flowyard init`: writes the repository of a fork. */
export function init(folder: string, options: InitOptions): number {
  const terminal = new Terminal(options.json ?? false);
  const names = { name: options.name ?? basename(resolve(folder)), env: options.env };
  for (const [option, name] of Object.entries(names)) checkName(option, name);
  checkEmpty(folder);
  const dependency = dependencyOn(options.flowyard ?? version, folder);

  const template = join(packageFolder, 'templates', 'fork');
  const files = filesOf(template).map(file => {
    // npm leaves a `.gitignore` out of packages.
    const target = replaced(file, names).replace(/^gitignore$/, '.gitignore');
    const text = replaced(readFileSync(join(template, file), 'utf8'), names);
    mkdirSync(dirname(join(folder, target)), { recursive: true });
    writeFileSync(join(folder, target), file === 'package.json' ? withDependency(text, dependency) : text);
    return target;
  });

  const next = [`cd ${folder}`, 'npm install', 'npm test', 'npm run up'];
  terminal.say(`${pc.green('✔')} ${names.name}: ${count(files.length, 'file')} in ${folder}`);
  terminal.say();
  terminal.say(pc.bold('next'));
  terminal.table(next.map(step => [step, pc.dim(purposes[step] ?? '')]));
  terminal.result({ ok: true, folder, ...names, files, next });
  return 0;
}

const purposes: Readonly<Record<string, string>> = {
  'npm test': 'writes the first snapshots: commit them',
  'npm run up': 'the platform on an embedded control plane',
};

function checkName(option: string, name: string): void {
  if (/^[a-z]([a-z0-9-]{0,40}[a-z0-9])?$/.test(name)) return;
  throw new FlowyardError(
    `'--${option}' must be lower-case letters, digits and hyphens, 42 at most, with a letter first, got '${name}'`,
    { next: `choose one with --${option}`, code: 2 },
  );
}

/** A repository without a commit is empty, too. */
function checkEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new FlowyardError(`'${folder}' is a file`, { code: 2 });
  const [first] = readdirSync(folder).filter(each => each !== '.git');
  if (first === undefined) return;
  throw new FlowyardError(`'${folder}' is not empty: it has '${first}'`, {
    next: 'name a folder that is not there, or an empty one',
    code: 2,
  });
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => statSync(join(folder, file)).isFile())
    .sort();
}

function replaced(text: string, names: Readonly<Record<keyof typeof placeholders, string>>): string {
  return text.replaceAll(placeholders.name, names.name).replaceAll(placeholders.env, names.env);
}

/** What the fork's package.json says of this package. */
function dependencyOn(wanted: string, folder: string): string {
  if (existsSync(wanted)) return `file:${relative(folder, wanted)}`;
  if (!wanted.endsWith('.tgz')) return wanted;
  throw new FlowyardError(`'--flowyard' must be a version or a tarball that is there, got '${wanted}'`, {
    next: 'make one with npm pack',
    code: 2,
  });
}

function withDependency(text: string, flowyard: string): string {
  const settings = JSON.parse(text);
  return `${JSON.stringify({ ...settings, dependencies: { ...settings.dependencies, flowyard } }, null, 2)}\n`;
}
