import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { stringify } from 'yaml';
import { inTurn, measure, script } from './measure';
import type { Report } from './report';

/** Rendering, beside `kubectl kustomize` of the very same objects as a plain kustomization of them. */
export function rendering(report: Report, sizes: readonly number[]): void {
  report.heading(
    'rendering: whole processes, their start included; kustomize reads the same objects, one file a component',
  );
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-rendering-'));
  for (const size of sizes) {
    const ours = () => measure(script('render.ts', size, folder));
    ours();
    const files = fs.readdirSync(folder).filter(file => /^\d+-.*\.yaml$/.test(file));
    const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: files };
    fs.writeFileSync(path.join(folder, 'kustomization.yml'), stringify(kustomization));
    // Kustomize compares each object with each other: at 5,000 it takes a minute and a half.
    const peers = size <= 2_000 ? [() => measure(['kubectl', 'kustomize', folder])] : [];
    const [us, them] = inTurn(size > 5_000 ? 1 : 3, ours, ...peers);
    const { objects, userSeconds } = JSON.parse(us!.stdout);
    report.row({
      objects,
      'user s': us!.userSeconds,
      'without start, ms an object': (userSeconds * 1000) / objects,
      'peak MB': us!.peakMegabytes,
      ...(them
        ? {
            'kustomize user s': them.userSeconds,
            'its peak MB': them.peakMegabytes,
            'ours / kustomize': us!.userSeconds / them.userSeconds,
          }
        : {}),
    });
  }
  fs.rmSync(folder, { recursive: true });
}

/** What it costs to run the program, up to the point where all that it wants is known. */
export function collection(report: Report, sizes: readonly number[]): void {
  report.heading('collection: the program on the in-process monitor');
  for (const size of sizes) {
    const { stdout, peakMegabytes } = measure(script('collect.ts', size));
    const { objects, milliseconds, kilobytes } = JSON.parse(stdout);
    report.row({ objects, 'ms a resource': milliseconds, 'KB a resource': kilobytes, 'peak MB': peakMegabytes });
  }
}
