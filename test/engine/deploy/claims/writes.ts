import { KubeClient } from '../../../../engine/deploy/client';

type Call = (call: { method: string; path: string }) => Promise<unknown>;

/** What is done about a write: as it leaves, and when it is answered. */
export interface Interference {
  readonly leaves?: (nth: number) => void;
  readonly answered?: (nth: number) => void;
}

/**
 * Watches what deployers of this process write, counted from 1. Dry runs and questions about rights write nothing.
 * Returns what ends it.
 */
export function watchWrites({ leaves, answered }: Interference): () => void {
  const prototype = KubeClient.prototype as unknown as { call: Call };
  const { call } = prototype;
  let writes = 0;
  prototype.call = async function (this: KubeClient, request) {
    if (request.method === 'GET' || /dryRun=All|selfsubjectaccessreviews/.test(request.path)) {
      return call.call(this, request);
    }
    const nth = ++writes;
    leaves?.(nth);
    const answer = await call.call(this, request);
    answered?.(nth);
    return answer;
  };
  return () => {
    prototype.call = call;
  };
}
