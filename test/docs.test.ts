import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ts from 'typescript';

jest.setTimeout(60_000);

const root = join(__dirname, '..');

/** Blocks of TypeScript, as files of one project beside each other: each begins with its path. */
function examples(...documents: string[]): Map<string, string> {
  const blocks = documents.flatMap(document => [
    ...readFileSync(join(root, 'docs', document), 'utf8').matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms),
  ]);
  return new Map(blocks.map(([, path, text]) => [join(root, 'docs', 'examples', path!), text!]));
}

/** What the compiler says about files that are not on the disk. */
function problemsOf(files: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, directoryExists } = host;
  host.fileExists = file => files.has(file) || fileExists(file);
  host.readFile = file => files.get(file) ?? readFile(file);
  host.directoryExists = folder => folder.startsWith(join(root, 'docs', 'examples')) || directoryExists!(folder);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

test('every example of the documents for forks compiles', () => {
  const files = examples('fork.md', 'testing.md');

  expect(files.size).toBe(9);
  expect(problemsOf(files)).toEqual([]);
});

test('an example with a slip would not', () => {
  const [path, text] = [...examples('fork.md')].find(([file]) => file.endsWith('staging.ts'))!;

  expect(problemsOf(new Map([[path, text.replace("owner: 'ada@example.com', ", '')]])).join()).toContain("'owner'");
});
