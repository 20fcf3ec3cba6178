import type { Stack } from '@pulumi/pulumi/automation';

interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: { readonly metadata?: { readonly name: string; readonly namespace?: string } };
}
interface State {
  readonly pending_operations?: readonly { readonly type: string; readonly resource: Resource }[];
  readonly resources?: readonly Resource[];
}

/**
 * A run that was killed may have created objects that its state does not know: the next one would fail as they exist.
 * Kubernetes objects have names of ours, and so are known before they are made: those that were under way are noted as
 * made, and the refresh that follows drops the ones that were not.
 *
 * @returns how many objects were under way
 */
export async function recover(stack: Stack): Promise<number> {
  const exported = await stack.exportStack();
  const recovered = withPendingCreates(exported.deployment as State | undefined);
  if (!recovered) return 0;
  await stack.importStack({ ...exported, deployment: recovered.state });
  return recovered.count;
}

/** The state with what was being created among its resources; undefined when nothing was. */
export function withPendingCreates<T extends State>(state: T | undefined): { state: T; count: number } | undefined {
  const pending = state?.pending_operations ?? [];
  if (!state || pending.length === 0) return undefined;
  const known = new Set((state.resources ?? []).map(({ urn }) => urn));
  const created = pending.flatMap(({ type, resource }) => {
    const { name, namespace } = resource.inputs?.metadata ?? {};
    if (type !== 'creating' || !resource.type.startsWith('kubernetes:') || !name || known.has(resource.urn)) return [];
    return [{ ...resource, id: namespace ? `${namespace}/${name}` : name, outputs: resource.inputs }];
  });
  const resources = [...(state.resources ?? []), ...created];
  return { state: { ...state, pending_operations: [], resources }, count: created.length };
}
