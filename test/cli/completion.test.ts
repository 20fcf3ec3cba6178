import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { completion } from '../../cli/completion';

const folder = mkdtempSync(join(tmpdir(), 'flowyard-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fixture(): Command {
  const program = new Command('flowyard');
  program
    .command('up')
    .description("make the cluster match: the environment's")
    .option('-e, --env <name>', 'environment')
    .option('--yes', 'do not ask')
    .addOption(new Option('--engine <name>', 'what deploys').choices(['auto', 'embedded', 'pulumi']));
  const cluster = program.command('cluster').description('clusters');
  cluster.command('list').description('all of them').option('--json', 'for machines');
  cluster.command('logs').description('logs').option('--component <name>', 'one process');
  return program;
}

/** What bash offers for the last of some words. */
function offered(...words: string[]): string[] {
  const script = `${completion(fixture(), 'bash')}
    COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _flowyard; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

test('commands come first, then those below them', () => {
  expect(offered('flowyard', '')).toEqual(['up', 'cluster', '--help']);
  expect(offered('flowyard', 'cluster', 'l')).toEqual(['list', 'logs']);
});

test('each command has its own options', () => {
  expect(offered('flowyard', 'up', '--')).toEqual(['--env', '--yes', '--engine', '--help']);
  expect(offered('flowyard', 'cluster', 'list', '--j')).toEqual(['--json']);
});

test('an option that takes one of some words offers them, in short form, too', () => {
  expect(offered('flowyard', 'up', '--engine', '')).toEqual(['auto', 'embedded', 'pulumi']);
  expect(offered('flowyard', 'up', '-e', '')).toEqual(['full', 'local']);
});

test('a word that is the value of an option is no command', () => {
  expect(offered('flowyard', 'up', '--env', 'cluster', '--y')).toEqual(['--yes']);
});

// These shells are not everywhere: what they are given is compared, and where they are, they read it.
test.each(['zsh', 'fish'])('%s is told what each word means', shell => {
  const script = completion(fixture(), shell);

  expect(script).toContain('do not ask');
  expect(script).toMatch(/make the cluster match.*the environment’s/);
  const file = join(folder, shell);
  writeFileSync(file, script);
  const read = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
  expect(read.error ?? read.stderr).toEqual(read.error ? expect.objectContaining({ code: 'ENOENT' }) : '');
});

test('throws when the shell is not known', () => {
  expect(() => completion(fixture(), 'csh')).toThrow("'shell' must be one of 'bash', 'zsh', 'fish', got 'csh'");
});
