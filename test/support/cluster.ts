import { kubeconfigPath } from '../../engine/control-plane';

/** Name of the embedded control plane that all tests share; each uses names of its own on it. */
export const testCluster = 'test';

/** Kubeconfig of the shared control plane, which the tier's set-up has started. */
export function testKubeconfig(): string {
  return kubeconfigPath(testCluster);
}
