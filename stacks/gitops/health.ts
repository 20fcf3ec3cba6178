import { groupOf, type Manifest } from '../../constructs';

/**
 * Custom kinds that say by a condition `Ready` when they are, and have no status before. Argo CD knows them by itself;
 * Flux would take one without a status for ready.
 */
const withReadyCondition = new Set([
  'cert-manager.io/Certificate',
  'cert-manager.io/ClusterIssuer',
  'cert-manager.io/Issuer',
  'external-secrets.io/ExternalSecret',
  'external-secrets.io/PushSecret',
]);

/** A health check of a kind in Flux's terms. */
export interface HealthCheckExpr {
  readonly apiVersion: string;
  readonly kind: string;
  readonly current: string;
}

/** The checks that a list of objects needs, one a kind. */
export function healthCheckExprs(manifests: readonly Manifest[]): HealthCheckExpr[] {
  const kinds = new Map(
    manifests
      .filter(({ apiVersion, kind }) => withReadyCondition.has(`${groupOf(apiVersion)}/${kind}`))
      .map(({ apiVersion, kind }) => [`${apiVersion}/${kind}`, { apiVersion, kind }]),
  );
  const current = "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')";
  return [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => ({ ...kind, current }));
}

/** Argo CD's own health of an Application, in Lua: its waves wait for it only when it is told how. */
export const applicationHealth = `local status = obj.status or {}
local operation = status.operationState or {}
local health = status.health or {}
if operation.phase == nil or operation.phase == "Running" then
  return { status = "Progressing", message = operation.message }
end
return { status = health.status or "Progressing", message = health.message }
`;
