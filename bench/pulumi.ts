import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { cacheDirectory } from '../engine/control-plane';
import { findPulumi, type PulumiOptions, pulumiDestroy, pulumiUp } from '../engine/pulumi';
import { loadEnvironment } from '../environments';
import { onFreshCluster } from './cluster';
import type { Report } from './report';

/** The real engine on the same environment, where its CLI is on the PATH: a first `up`, one without changes, the state. */
export async function pulumi(report: Report): Promise<void> {
  report.heading('the real engine: environment local, a file as backend');
  const source = path.join(__dirname, '..');
  try {
    await findPulumi(path.join(cacheDirectory(), 'pulumi'), source);
  } catch (error) {
    return report.row({ left: 'out', because: (error as Error).message });
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-bench-'));
  // A project of its own, so that the settings of yours stay as they are.
  const project = path.join(folder, 'project');
  fs.mkdirSync(project);
  const settings = fs.readFileSync(path.join(source, 'Pulumi.yaml'), 'utf8');
  fs.writeFileSync(
    path.join(project, 'Pulumi.yaml'),
    settings.replace(/^main: .*$/m, `main: ${path.join(source, 'stacks', 'index.ts')}`),
  );
  fs.mkdirSync(path.join(project, 'environments'));
  fs.symlinkSync(path.join(source, 'node_modules'), path.join(project, 'node_modules'));
  Object.assign(process.env, {
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: 'bench',
  });
  try {
    await onFreshCluster(loadEnvironment('local'), async kubeconfig => {
      const options: PulumiOptions = {
        ...{ stack: 'local', project, installFolder: path.join(cacheDirectory(), 'pulumi') },
        config: { 'kubernetes:kubeconfig': { value: kubeconfig } },
      };
      const first = await timed(() => pulumiUp(options));
      const second = await timed(() => pulumiUp(options));
      const { all, definitions } = stateSize(folder);
      const destroyed = await timed(() => pulumiDestroy({ ...options, deleteData: true }));
      report.row({
        resources: first.result.changes.create ?? 0,
        'up s': first.seconds,
        'no change s': second.seconds,
        'its changes': JSON.stringify(second.result.changes),
        'destroy s': destroyed.seconds,
        'state KB': all / 1024,
        'of which CRDs KB': definitions / 1024,
      });
    });
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function timed<T>(task: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const started = performance.now();
  const result = await task();
  return { result, seconds: (performance.now() - started) / 1000 };
}

function stateSize(backend: string): { all: number; definitions: number } {
  const text = fs.readFileSync(path.join(backend, '.pulumi', 'stacks', 'flowyard', 'local.json'), 'utf8');
  const { resources } = JSON.parse(text).checkpoint.latest;
  const definitions = resources.filter(({ type }: { type: string }) => type.endsWith(':CustomResourceDefinition'));
  return { all: JSON.stringify(resources).length, definitions: JSON.stringify(definitions).length };
}
