import { binaryLine } from '../../cli/progress';
import { type BinaryName, prepareBinaries } from '../../engine/control-plane';
import setupCluster from './setup-cluster';

/** Controllers that the tests of this tier run for real. */
const controllers: readonly BinaryName[] = [
  'weed',
  'workflow-controller',
  'pilot-discovery',
  'gpu-operator',
  'jobset-manager',
  'katib-controller',
  'kueue',
  'trainer-controller-manager',
  'training-operator',
];

/** Makes ready real controllers besides the control plane; takes minutes once per machine. */
export default async function setup(): Promise<void> {
  await prepareBinaries({ names: controllers, onProgress: binaryLine(line => process.stderr.write(`${line}\n`)) });
  await setupCluster();
}
