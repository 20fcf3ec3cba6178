import { binaryLine } from '../../cli/progress';
import { CLUSTER_BINARIES, createOrStart, prepareBinaries } from '../../engine/control-plane';
import { loadEnvironment } from '../../environments';
import { simulatedNodes } from '../../stacks/local';
import { testCluster } from './cluster';

/** Makes ready what the tests on the embedded control plane need; takes minutes once per machine. */
export default async function setup(): Promise<void> {
  const onProgress = binaryLine(line => process.stderr.write(`${line}\n`));
  await prepareBinaries({ names: [...CLUSTER_BINARIES, 'minio', 'mc'], onProgress });
  await createOrStart(testCluster, { nodes: simulatedNodes(loadEnvironment('local')) });
}
