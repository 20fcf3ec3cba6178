import { remove } from '../../engine/control-plane';
import { testCluster } from './cluster';

export default async function teardown(): Promise<void> {
  await remove(testCluster);
}
