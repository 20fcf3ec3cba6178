import type { Stack } from '@pulumi/pulumi/automation';

/** A resource of a stack that is not deleted unless it is let go. */
export interface ProtectedResource {
  readonly urn: string;

  /** As it is acknowledged: `Profile/team-vision`, `PersistentVolumeClaim/minio/minio`. */
  readonly name: string;
}

interface State {
  readonly resources?: readonly {
    readonly urn: string;
    readonly protect?: boolean;
    readonly inputs?: {
      readonly kind?: string;
      readonly metadata?: { readonly name: string; readonly namespace?: string };
    };
  }[];
}

/** What a stack protects, by the names of its objects. */
export async function protectedResources(stack: Stack): Promise<ProtectedResource[]> {
  const { deployment } = await stack.exportStack();
  return ((deployment as State | undefined)?.resources ?? []).flatMap(({ urn, protect, inputs }) => {
    const { kind, metadata } = inputs ?? {};
    if (!protect || !kind || !metadata) return [];
    return [{ urn, name: [kind, metadata.namespace, metadata.name].filter(Boolean).join('/') }];
  });
}
